package io.github.steelyard.spark;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A folder in which Steelyard is: the classes of these tests, by a jar that only names them. */
final class Installed {
  /** For processes of seconds. */
  static final String JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private Installed() {}

  static Path in(Path folder) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toUri().toString())
                .collect(Collectors.joining(" ")));
    Path lib = Files.createDirectories(folder.resolve("lib"));
    try (OutputStream file = Files.newOutputStream(lib.resolve("steelyard.jar"));
        JarOutputStream jar = new JarOutputStream(file, manifest)) {
      return folder;
    }
  }

  /** Runs a command of it, of one thread in each process. */
  static void run(Path home, List<String> words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(new Home(home.toString()).command(words));
    Path said = home.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("JDK_JAVA_OPTIONS", JAVA_OPTIONS);
    int code = builder.start().waitFor();
    if (code != 0) {
      throw new AssertionError(
          String.join(" ", words)
              + " ended with exit code "
              + code
              + "\n"
              + Files.readString(said));
    }
  }
}
