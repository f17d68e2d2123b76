package io.github.steelyard.cli.console;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;

/** The jars of {@code STEELYARD_CLASSPATH}. Java passes over a broken one without a word. */
public final class AddedJars {
  private AddedJars() {}

  /**
   * Refuses a jar that is missing or cannot be opened.
   *
   * @param classPath in the form of Java's class path; null for none
   * @throws UsageException if there is one; the message names it
   */
  public static void require(String classPath) {
    for (String entry : (classPath == null ? "" : classPath).split(File.pathSeparator, -1)) {
      if (!entry.isBlank()) {
        require(
            entry, Path.of(entry.endsWith("*") ? entry.substring(0, entry.length() - 1) : entry));
      }
    }
  }

  private static void require(String entry, Path path) {
    if (!Files.exists(path)) {
      throw new UsageException(
          "STEELYARD_CLASSPATH names " + entry + ", but there is no such file or folder");
    }
    if (Files.isRegularFile(path)) {
      requireJar(path);
    } else if (entry.endsWith("*")) {
      try (DirectoryStream<Path> jars = Files.newDirectoryStream(path, "*.{jar,JAR}")) {
        jars.forEach(AddedJars::requireJar);
      } catch (IOException e) {
        throw new UsageException(
            "STEELYARD_CLASSPATH names " + entry + ", but the folder cannot be read", e);
      }
    }
  }

  private static void requireJar(Path file) {
    try (JarFile jar = new JarFile(file.toFile())) {
      jar.getManifest();
    } catch (IOException e) {
      throw new UsageException(
          "STEELYARD_CLASSPATH names "
              + file
              + ", which is not a jar that can be read: "
              + Reason.describe(e),
          e);
    }
  }
}
