package io.github.steelyard.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What native libraries read from the environment, once, when they are loaded. A change of Java's
 * map would not reach them, so it goes through C.
 */
final class NativeEnvironment {
  private static final String MEMORY_PROPERTY = "org.bytedeco.javacpp.maxPhysicalBytes";
  private static final String BLAS_PROPERTY = "org.bytedeco.openblas.load";

  private static final Set<String> MALLOC_SETTINGS =
      Set.of("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES");
  private static final int TRIM_THRESHOLD = -1;
  private static final int MMAP_THRESHOLD = -3;
  private static final int LARGEST_MMAP_THRESHOLD = 32 << 20;

  private NativeEnvironment() {}

  /** Asks JavaCPP for MKL where its libraries are on the class path and nothing else was asked. */
  static boolean preferMkl() {
    String asked = System.getProperty(BLAS_PROPERTY);
    if (asked == null && hasMkl()) {
      asked = "mkl_rt";
      System.setProperty(BLAS_PROPERTY, asked);
    }
    return asked != null && asked.startsWith("mkl");
  }

  private static boolean hasMkl() {
    String folder = "/org/bytedeco/mkl/" + NativeLibraries.platform() + "/";
    return NativeEnvironment.class.getResource(folder + "libmkl_rt.so.2") != null;
  }

  /**
   * JavaCPP would read the size of the process from the system for every tensor that enters Java,
   * which takes as long as the update of a small parameter. Scopes release tensors in time.
   */
  static void trustScopes() {
    if (System.getProperty(MEMORY_PROPERTY) == null) {
      System.setProperty(MEMORY_PROPERTY, "0");
    }
  }

  static void set(EngineSettings settings, boolean oneTeam) {
    if (Platform.isWindows()) {
      return;
    }
    Map<String, String> inherited = System.getenv();
    if (System.getProperty("steelyard.threads") != null
        || !inherited.containsKey("OMP_NUM_THREADS")) {
      set("OMP_NUM_THREADS", Integer.toString(settings.threads()));
    }
    switch (settings.waitPolicy()) {
      case PASSIVE, ACTIVE -> set("OMP_WAIT_POLICY", settings.waitPolicy().name());
      case BRIEF -> set("GOMP_SPINCOUNT", BusyNeighbours.LONG_SPINS);
      case INHERITED -> {}
    }
    if (oneTeam) {
      OpenBlasTeam.ENVIRONMENT.forEach(NativeEnvironment::set);
    }
    if (!inherited.containsKey("MKL_THREADING_LAYER")) {
      set("MKL_THREADING_LAYER", "GNU"); // libgomp, as libtorch
    }
    if (Platform.isMac() && settings.waitPolicy() != EngineSettings.WaitPolicy.INHERITED) {
      boolean passive = settings.waitPolicy() == EngineSettings.WaitPolicy.PASSIVE;
      set("KMP_BLOCKTIME", passive ? "0" : "200");
    }
    if (Platform.isLinux() && MALLOC_SETTINGS.stream().noneMatch(inherited::containsKey)) {
      keepFreedMemory();
    }
  }

  /**
   * Otherwise glibc gives the memory of each large tensor back to the system, and each step pays
   * for new pages. Another C library may not have the function.
   */
  private static void keepFreedMemory() {
    try {
      Function mallopt = c("mallopt");
      mallopt.invokeInt(new Object[] {MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD});
      mallopt.invokeInt(new Object[] {TRIM_THRESHOLD, Integer.MAX_VALUE});
    } catch (UnsatisfiedLinkError e) {
      // slower, not wrong
    }
  }

  /** Sends what native code prints meanwhile on the standard output to the standard error. */
  static <T> T withoutOutput(Supplier<T> work) {
    if (Platform.isWindows()) {
      return work.get();
    }
    int output = c("dup").invokeInt(new Object[] {1});
    c("dup2").invokeInt(new Object[] {2, 1});
    try {
      return work.get();
    } finally {
      c("dup2").invokeInt(new Object[] {output, 1});
      c("close").invokeInt(new Object[] {output});
    }
  }

  /**
   * Lets this process end without the destructors of native libraries. A JVM waits at its end for
   * threads in native code, but not for long; then those destructors take away what such a thread,
   * say within a backward pass, still uses, such as oneDNN's store of primitives, and it crashes.
   * What runs at the end runs in the reverse order of its registration, so this is called as late
   * as possible. Only glibc has what it takes.
   */
  static void endWithoutDestructors() {
    if (Platform.isLinux()) {
      try {
        Function end = c("_exit");
        c("fflush").invokeInt(new Object[] {null});
        c("on_exit").invokeInt(new Object[] {end, null});
      } catch (UnsatisfiedLinkError e) {
        // It ends as it would without us.
      }
    }
  }

  private static void set(String name, String value) {
    if (c("setenv").invokeInt(new Object[] {name, value, 1}) != 0) {
      throw new EngineUnavailableException("cannot set " + name + " to " + value, null);
    }
  }

  private static Function c(String name) {
    return NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction(name);
  }
}
