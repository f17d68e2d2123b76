package io.github.steelyard.cli.study;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Where a run is made, beyond what its provenance says of the engine.
 *
 * @param processor the processor's name, or its architecture if the system does not tell
 * @param cores processors that the JVM may use
 * @param commit the commit of the folder's repository, with {@code +} if files outside of {@code
 *     docs} differ from it; {@code unknown} without a repository
 */
record Machine(String processor, int cores, String commit) {
  static final String UNKNOWN = "unknown";
  private static final Path LINUX = Path.of("/proc/cpuinfo");
  private static final long GIT_SECONDS = 10;

  /**
   * This machine.
   *
   * @param folder a folder of the repository
   */
  static Machine here(Path folder) {
    return new Machine(
        nameOfProcessor(), Runtime.getRuntime().availableProcessors(), commit(folder));
  }

  /** The JDK does not know the name. */
  private static String nameOfProcessor() {
    String architecture = System.getProperty("os.arch");
    if (!Files.isReadable(LINUX)) {
      return architecture;
    }
    try (Stream<String> lines = Files.lines(LINUX, StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      return architecture;
    }
  }

  static String commit(Path folder) {
    Optional<String> commit = git(folder, "rev-parse", "--short=10", "HEAD");
    if (commit.isEmpty()) {
      return UNKNOWN;
    }
    // Results are written below docs, so that a change there says nothing about the program.
    Optional<String> changes =
        git(folder, "status", "--porcelain", "-uno", "--", ":/", ":(top,exclude)docs");
    return commit.get() + (changes.filter(String::isEmpty).isPresent() ? "" : "+");
  }

  /** What git prints; empty if there is no git, no repository or an error. */
  private static Optional<String> git(Path folder, String... arguments) {
    try {
      Process process =
          new ProcessBuilder(
                  Stream.concat(
                          Stream.of("git", "-C", folder.toAbsolutePath().toString()),
                          Stream.of(arguments))
                      .toList())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String text =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(GIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroy();
        return Optional.empty();
      }
      return process.exitValue() == 0 ? Optional.of(text) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
