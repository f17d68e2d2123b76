package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import io.github.steelyard.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Ends by SIGTERM a program of a library's user while one thread or several are within forward and
 * backward passes, and commands that attack and explain a network. They end as any Java program
 * does, with exit code 143, at once, do not crash, and leave nothing half-written.
 */
final class Signals implements Part {
  private static final int TERMINATED = 128 + 15;
  private static final int MOST_SECONDS = 20;
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [64, 32]}
      data: {name: fashion-mnist, batch_size: 25, train_samples: 150, augment: []}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 1}
      """;

  private final Path folder;
  private final Children children;
  private final long seed;

  Signals(Path folder, long seed) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    this.children = new Children(folder.resolve("children"));
    this.seed = seed;
    children.share(LibraryUser.class, "1", "2", "16");
  }

  @Override
  public Verdict judge(long number) throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    return switch ((int) (number % 5)) {
      case 0 -> command("attack", random, List.of("--epsilon", "0.002"));
      case 1 -> command("explain", random, List.of("--samples", "5000"));
      default -> program(1 << (number % 5 - 2), random);
    };
  }

  private Verdict program(int threads, SplittableRandom random)
      throws IOException, InterruptedException {
    // A pass of the second takes longer than a JVM waits at its end for threads in native code.
    int batch = random.nextBoolean() ? 16 : 1024;
    String kind = "own program, %d threads, batches of %d".formatted(threads, batch);
    Child child =
        children.start(
            LibraryUser.class,
            List.of("-Dsteelyard.threads=" + (1 + random.nextInt(2))),
            List.of(),
            "" + threads,
            "0",
            "" + batch);
    while (!Files.readString(child.out()).contains("begun") && child.process().isAlive()) {
      Thread.sleep(5);
    }
    Thread.sleep(random.nextInt(4 * batch));
    return terminated(child, kind, TERMINATED);
  }

  private Verdict command(String name, SplittableRandom random, List<String> options)
      throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    if (!Files.exists(run.resolve("results.json"))) {
      Path recipe = Files.writeString(folder.resolve("run.yaml"), RECIPE);
      Folders.delete(run);
      children.start(Main.class, "run", "" + recipe, "--folder", "" + run).await();
    }
    Folders.delete(run.resolve("explain"));
    Child child =
        children.start(
            Main.class,
            Stream.concat(Stream.of(name, "" + run), options.stream()).toArray(String[]::new));
    Duration moment = Duration.ofMillis(500 + random.nextInt(6000));
    while (child.process().isAlive() && computed(child.process()).compareTo(moment) < 0) {
      Thread.sleep(5);
    }
    int expected = child.process().isAlive() ? TERMINATED : 0;
    Verdict verdict = terminated(child, "steelyard " + name, expected);
    Optional<Path> half = halfWritten(run);
    return verdict.failure().isEmpty() && half.isPresent()
        ? Verdict.failed(verdict.kind(), 1, "has left " + half.get())
        : verdict;
  }

  private static Duration computed(Process process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static Optional<Path> halfWritten(Path run) throws IOException {
    try (Stream<Path> all = Files.walk(run)) {
      return all.filter(file -> file.toString().endsWith("-partial")).findFirst();
    }
  }

  private static Verdict terminated(Child child, String kind, int expected)
      throws IOException, InterruptedException {
    child.process().destroy();
    if (!child.process().waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
      child.process().destroyForcibly().waitFor();
      return Verdict.failed(kind, 1, "does not end within " + MOST_SECONDS + " s");
    }
    Ended ended = child.await();
    return ended.code() == expected && !ended.out().contains("fatal error")
        ? Verdict.survived(kind, 1)
        : Verdict.failed(kind, 1, "%s %s".formatted(ended.lastWords(), ended.out().strip()));
  }
}
