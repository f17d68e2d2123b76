package io.github.steelyard.bench.campaign;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts programs of this class path in JVMs of their own, with one thread of libtorch and small
 * memory. Where the class path is of jars, an archive of loaded classes shortens each start.
 */
final class Children {
  private static final List<String> SMALL =
      List.of(
          "-Xmx512m",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Xlog:disable",
          "-Dsteelyard.threads=1");
  private static final Duration MOST_COMPUTED = Duration.ofMinutes(3);
  private static final long MOST_WAITED_MINUTES = 40;

  private final Path folder;
  private final List<String> shared = new ArrayList<>();

  /**
   * Prepares the starts.
   *
   * @param folder where the output of the children goes; made
   */
  Children(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** Makes an archive of the classes that a command loads; where it cannot be, nothing changes. */
  void share(Class<?> main, String... arguments) throws IOException, InterruptedException {
    Path archive = folder.toAbsolutePath().resolve("classes.jsa");
    start(main, List.of("-XX:ArchiveClassesAtExit=" + archive), List.of(), arguments).await();
    if (Files.exists(archive)) {
      shared.addAll(List.of("-Xshare:auto", "-XX:SharedArchiveFile=" + archive));
    }
  }

  /** How a child ended. */
  record Ended(int code, String out, String err) {
    /** The last lines that it wrote for people. */
    String lastWords() {
      String[] lines = err.strip().split("\\R", -1);
      return "exit code "
          + code
          + ": "
          + String.join(
              " / ", Arrays.asList(lines).subList(Math.max(0, lines.length - 4), lines.length));
    }
  }

  /** A child that runs. */
  record Child(Process process, Path out, Path err) {
    /** Waits for its end; a child that computes for too long is ended. */
    Ended await() throws IOException, InterruptedException {
      long begun = System.nanoTime();
      while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
        Duration computed = process.info().totalCpuDuration().orElse(Duration.ZERO);
        if (computed.compareTo(MOST_COMPUTED) > 0
            || System.nanoTime() - begun > TimeUnit.MINUTES.toNanos(MOST_WAITED_MINUTES)) {
          process.destroyForcibly().waitFor();
          throw new IOException("the child did not come to an end: " + Files.readString(err));
        }
      }
      return new Ended(process.exitValue(), text(out), text(err));
    }

    private static String text(Path file) throws IOException {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
  }

  Child start(Class<?> main, String... arguments) throws IOException {
    return start(main, List.of(), List.of(), arguments);
  }

  /**
   * Starts a program.
   *
   * @param main its class
   * @param options further options of the JVM
   * @param before a command before it, such as {@code unshare --mount}
   * @param arguments of the program
   */
  Child start(Class<?> main, List<String> options, List<String> before, String... arguments)
      throws IOException {
    return start(main, options, before, Map.of(), arguments);
  }

  Child start(
      Class<?> main,
      List<String> options,
      List<String> before,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SMALL);
    command.addAll(shared);
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "child", ".out");
    Path err = Files.createTempFile(folder, "child", ".err");
    out.toFile().deleteOnExit();
    err.toFile().deleteOnExit();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().putAll(environment);
    return new Child(builder.start(), out, err);
  }

  /** This program's own, from wherever it is started. */
  static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }
}
