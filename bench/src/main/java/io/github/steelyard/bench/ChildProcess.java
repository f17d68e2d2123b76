package io.github.steelyard.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures in a JVM of its own, with settings or a peak of memory that are not shared. */
final class ChildProcess {
  private ChildProcess() {}

  /**
   * Runs a program of this class path until its end.
   *
   * @param options of the JVM
   * @param program its main class
   * @param arguments of the program
   * @return what it printed
   * @throws IOException if it cannot be started or fails
   */
  static String run(List<String> options, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String line =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    if (process.waitFor() != 0) {
      throw new IOException("a measuring process failed");
    }
    return line;
  }
}
