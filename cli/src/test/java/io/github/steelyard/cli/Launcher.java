package io.github.steelyard.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the real launcher script in a child process. */
final class Launcher {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** For commands that are short; Java says on the standard error that it has taken them. */
  static final Map<String, String> SHORT =
      Map.of("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");

  private static final long PATIENCE_SECONDS = 300;

  private Launcher() {}

  /** Starts a script in a folder; the streams go to {@code out} and {@code err} there. */
  static Process start(Path script, Path folder, List<String> arguments) throws IOException {
    return start(script, folder, Map.of(), arguments);
  }

  /** Starts a script with further environment variables. */
  static Process start(
      Path script, Path folder, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    // The same Java as the tests', so that both are tried.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits for the end. */
  static CommandLineRun finish(Process process, Path folder) throws InterruptedException {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("still running after " + PATIENCE_SECONDS + " s");
      }
      return new CommandLineRun(
          process.exitValue(), read(folder.resolve("out")), read(folder.resolve("err")));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
