package io.github.steelyard.spark;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where Steelyard is, on the driver and on every machine of the cluster: its distribution, whose
 * jars lie in {@code lib}.
 *
 * @param folder an absolute path
 */
record Home(String folder) implements Serializable {
  private static final String MAIN = "io.github.steelyard.cli.Main";

  /**
   * The command line that starts Steelyard here, by the Java of this process.
   *
   * @throws IllegalArgumentException if no Steelyard is here
   */
  List<String> command(List<String> words) throws IOException {
    jars();
    String classes = Path.of(folder, "lib") + File.separator + "*";
    String added = System.getenv("STEELYARD_CLASSPATH");
    if (added != null && !added.isEmpty()) {
      classes += File.pathSeparator + added;
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classes, MAIN));
    command.addAll(words);
    return command;
  }

  /** Loads Steelyard apart from Spark, whose libraries have other versions. */
  URLClassLoader loader() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (Path jar : jars()) {
      urls.add(jar.toUri().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  static Class<?> mainIn(ClassLoader loader) throws ClassNotFoundException {
    return loader.loadClass(MAIN);
  }

  private List<Path> jars() throws IOException {
    Path lib = Path.of(folder, "lib");
    List<Path> jars = List.of();
    if (Files.isDirectory(lib)) {
      try (Stream<Path> all = Files.list(lib)) {
        jars = all.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
      }
    }
    if (jars.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no Steelyard in "
              + folder
              + " of this machine: unpack its distribution there, so that jars are in "
              + lib
              + ", or name another folder with --home");
    }
    return jars;
  }
}
