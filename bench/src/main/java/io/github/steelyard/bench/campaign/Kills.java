package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Kills runs of every kind, several times in a row, at moments between the start of the JVM and the
 * end: right after some change of the run's folder, a few milliseconds later, or before the first.
 */
final class Kills extends Disturbed {
  private static final int MILLIS_BEFORE_FIRST = 1200;
  private static final int KILLED = 128 + 9;

  private final int inARow;

  /**
   * Prepares the kills.
   *
   * @param inARow how often a run is killed before it may come to its end
   */
  Kills(Path folder, long seed, int inARow) throws IOException {
    super(folder, seed);
    this.inARow = inARow;
  }

  @Override
  Optional<String> disturb(Case each) throws IOException, InterruptedException {
    for (int i = 0; i < inARow; i++) {
      Child child = each.run().start();
      Optional<String> moment = kill(child, each.place(), each.whole().changes(), each.random());
      if (moment.isEmpty()) {
        return each.run().finish(child.await());
      }
      each.blows().add(moment.get());
    }
    return Optional.empty();
  }

  /** Kills it, and tells what had changed last; empty if it ended before. */
  private static Optional<String> kill(
      Child child, Path place, long changes, SplittableRandom random)
      throws IOException, InterruptedException {
    Process process = child.process();
    try (FolderWatch watch = new FolderWatch(place)) {
      boolean early = random.nextInt(8) == 0;
      long wanted = watch.changes() + 1 + random.nextLong(Math.max(1, changes / 3));
      int delay = random.nextBoolean() ? random.nextInt(6) : 0;
      int start = random.nextInt(MILLIS_BEFORE_FIRST);
      if (early) {
        process.waitFor(start, TimeUnit.MILLISECONDS);
      } else if (watch.await(process, wanted)) {
        Thread.sleep(delay);
      }
      boolean alive = process.isAlive();
      process.destroyForcibly().waitFor();
      return alive && process.exitValue() == KILLED
          ? Optional.of(early ? "start" : String.valueOf(watch.last()))
          : Optional.empty();
    }
  }
}
