package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Ends a program of a library's user by SIGTERM while one thread or several are within forward and
 * backward passes. It ends as any Java program does, with exit code 143, and does not crash.
 */
final class Signals implements Part {
  private static final int TERMINATED = 128 + 15;

  private final Children children;
  private final long seed;

  Signals(Path folder, long seed) throws IOException, InterruptedException {
    this.children = new Children(folder.resolve("children"));
    this.seed = seed;
    children.share(LibraryUser.class, "1", "2");
  }

  @Override
  public Verdict judge(long number) throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    int threads = List.of(1, 2, 4).get((int) (number % 3));
    String kind = "own program, training threads: " + threads;
    Child child =
        children.start(
            LibraryUser.class,
            List.of("-Dsteelyard.threads=" + (1 + random.nextInt(2))),
            List.of(),
            "" + threads);
    while (!Files.readString(child.out()).contains("begun") && child.process().isAlive()) {
      Thread.sleep(5);
    }
    Thread.sleep(random.nextInt(60));
    child.process().destroy();
    Ended ended = child.await();
    return ended.code() == TERMINATED && !ended.out().contains("fatal error")
        ? Verdict.survived(kind, 1)
        : Verdict.failed(kind, 1, "%s %s".formatted(ended.lastWords(), ended.out().strip()));
  }
}
