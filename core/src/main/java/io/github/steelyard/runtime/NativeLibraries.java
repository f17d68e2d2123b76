package io.github.steelyard.runtime;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;

/** Extracts and loads the native libraries in the one order that is safe. */
final class NativeLibraries {
  private static final List<String> SUPPORTED =
      List.of("linux-x86_64", "macosx-arm64", "windows-x86_64");

  private NativeLibraries() {}

  /**
   * What was loaded, and how.
   *
   * @param settings in force
   * @param blas which library multiplies matrices, and in whose threads
   */
  record Loaded(EngineSettings settings, Optional<String> blas) {}

  /** Loads everything, with settings from the environment. */
  static Loaded prepare() {
    NativeEnvironment.trustScopes();
    String folder = resourceFolder();
    boolean mkl = NativeEnvironment.preferMkl();
    Optional<OpenBlasTeam> team = mkl ? Optional.empty() : OpenBlasTeam.prepare(System.getenv());
    EngineSettings settings =
        EngineSettings.fromEnvironment(
            mkl || team.isPresent()
                ? EngineSettings.WaitPolicy.BRIEF
                : EngineSettings.WaitPolicy.PASSIVE);
    NativeEnvironment.set(settings, team.isPresent());
    try {
      Map<String, Path> extracted = extract(folder);
      List<NativeLibrary> held = load(extracted);
      // By name: mentioning the class would let the compiler's import decide when it initialises.
      Class.forName("org.bytedeco.pytorch.global.torch");
      Optional<String> blas =
          Optional.ofNullable(extracted.get("libtorch_cpu.so"))
              .map(file -> blas(file, team, settings));
      held.forEach(NativeLibrary::close);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(NativeEnvironment::endWithoutDestructors, "steelyard-end"));
      return new Loaded(settings, blas);
    } catch (IOException e) {
      throw new EngineUnavailableException(
          "cannot extract the native libraries into "
              + cacheFolder()
              + " ("
              + e.getMessage()
              + "); free about 500 MB there, or choose another folder with"
              + " -Dorg.bytedeco.javacpp.cachedir=DIR",
          e);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new EngineUnavailableException(
          "the native libraries of "
              + platform()
              + (folder.endsWith("-gpu/")
                  ? " with CUDA do not load; they need the NVIDIA driver, CUDA 13 and cuDNN 9 on this"
                      + " machine: "
                  : " do not load: ")
              + deepest(e).getMessage(),
          e);
    }
  }

  private static String blas(Path libtorch, Optional<OpenBlasTeam> team, EngineSettings settings) {
    NativeLibrary library = NativeLibrary.getInstance(libtorch.toString());
    try {
      if (settings.waitPolicy() == EngineSettings.WaitPolicy.BRIEF && settings.threads() > 1) {
        BusyNeighbours.watch(library);
        Team.open(library);
      }
      if (has(library, "MKL_Get_Max_Threads")) {
        return "MKL";
      }
      return team.isPresent() && team.get().install(library)
          ? "OpenBLAS in libgomp's threads"
          : "OpenBLAS in threads of its own";
    } finally {
      library.close();
    }
  }

  private static boolean has(NativeLibrary library, String function) {
    try {
      library.getFunction(function);
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  static Throwable deepest(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest;
  }

  /**
   * JavaCPP extracts and loads one library after the other. libtorch.so then asks the system for a
   * libtorch_cpu.so that is not on disk yet, and may get one of another version: the JVM dies. So
   * every file of the set is extracted first, one process at a time.
   */
  private static Map<String, Path> extract(String folder) throws IOException {
    Map<String, URL> libraries = new LinkedHashMap<>();
    for (String library : libraryNames()) {
      URL url = NativeLibraries.class.getResource(folder + library);
      if (url != null) {
        libraries.put(library, url);
      }
    }
    Path lock = Path.of(cacheFolder()).resolve("steelyard.lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      return NativeExtraction.extract(libraries);
    }
  }

  /**
   * With LD_LIBRARY_PATH naming another libtorch, even the extracted files are passed over. A
   * library that is loaded already satisfies the loader by its name, so ours are loaded in the
   * order of their needs. The CUDA build needs more than these, and is left to JavaCPP.
   */
  private static List<NativeLibrary> load(Map<String, Path> extracted) {
    List<NativeLibrary> held = new ArrayList<>();
    if (Platform.isLinux() && !extracted.containsKey("libtorch_cuda.so")) {
      Loader.load(org.bytedeco.openblas.global.openblas.class);
      extracted.values().forEach(file -> held.add(NativeLibrary.getInstance(file.toString())));
    }
    return held;
  }

  private static List<String> libraryNames() {
    if (Platform.isWindows()) {
      return List.of("libiomp5md.dll", "c10.dll", "torch_cpu.dll", "torch.dll");
    }
    if (Platform.isMac()) {
      return List.of("libomp.dylib", "libc10.dylib", "libtorch_cpu.dylib", "libtorch.dylib");
    }
    return List.of(
        "libgomp.so.1",
        "libc10.so",
        "libc10_cuda.so",
        "libtorch_cpu.so",
        "libtorch_cuda_linalg.so",
        "libtorch_cuda.so",
        "libtorch.so");
  }

  /** The classpath folder that holds this platform's libraries, with or without CUDA. */
  private static String resourceFolder() {
    String base = "/org/bytedeco/pytorch/" + platform();
    for (String folder : List.of(base + "/", base + "-gpu/")) {
      for (String library : libraryNames()) {
        if (NativeLibraries.class.getResource(folder + library) != null) {
          return folder;
        }
      }
    }
    throw new EngineUnavailableException(
        SUPPORTED.contains(platform())
            ? "the native build for "
                + platform()
                + " is not on the class path; add org.bytedeco:pytorch:"
                + libtorchVersion()
                + " with the classifier "
                + platform()
                + " (and those of openblas and javacpp)"
            : "libtorch has no native build for "
                + platform()
                + "; Steelyard runs on "
                + String.join(", ", SUPPORTED),
        null);
  }

  static String platform() {
    return Loader.getPlatform();
  }

  static String cacheFolder() {
    try {
      return Loader.getCacheDir().getPath();
    } catch (IOException e) {
      throw new EngineUnavailableException(
          "no folder for the native libraries can be written ("
              + e.getMessage()
              + "); choose one with -Dorg.bytedeco.javacpp.cachedir=DIR",
          e);
    }
  }

  static String libtorchVersion() {
    return mavenVersion("org.bytedeco", "pytorch");
  }

  static String javacppVersion() {
    return mavenVersion("org.bytedeco", "javacpp");
  }

  private static String mavenVersion(String group, String artifact) {
    String path = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
    try (var in = NativeLibraries.class.getResourceAsStream(path)) {
      if (in == null) {
        return "unknown";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
