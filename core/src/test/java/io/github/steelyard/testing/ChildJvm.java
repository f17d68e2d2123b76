package io.github.steelyard.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own: for crashes, kills and process settings. */
public final class ChildJvm {
  private final Class<?> main;
  private final List<String> options = new ArrayList<>();
  private final List<String> arguments = new ArrayList<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String limit;

  private ChildJvm(Class<?> main) {
    this.main = main;
  }

  public static ChildJvm of(Class<?> main) {
    return new ChildJvm(main);
  }

  public ChildJvm option(String option) {
    options.add(option);
    return this;
  }

  public ChildJvm argument(Object argument) {
    arguments.add(argument.toString());
    return this;
  }

  public ChildJvm environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Has the shell set a limit for the child, such as {@code ulimit -f 64}. */
  public ChildJvm limit(String command) {
    limit = command;
    return this;
  }

  /** What a finished child left behind. */
  public record Result(int exitCode, String output, String errors) {}

  /** A child that is still running. */
  public record Running(Process process, Path output, Path errors) {
    public Result await(int seconds) throws IOException, InterruptedException {
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(
            "the child JVM did not end within " + seconds + " s: " + Files.readString(errors));
      }
      Result result =
          new Result(
              process.exitValue(),
              Files.readString(output, StandardCharsets.UTF_8),
              Files.readString(errors, StandardCharsets.UTF_8));
      Files.delete(output);
      Files.delete(errors);
      return result;
    }
  }

  public Running start() throws IOException {
    Path output = Files.createTempFile("child", ".out");
    Path errors = Files.createTempFile("child", ".err");
    List<String> command = new ArrayList<>();
    if (limit != null) {
      command.addAll(List.of("bash", "-c", limit + "; exec \"$@\"", "child"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // It is short.
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(options);
    command.add(main.getName());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    return new Running(builder.start(), output, errors);
  }

  public Result run() throws IOException, InterruptedException {
    return start().await(180);
  }
}
