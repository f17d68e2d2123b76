package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.interaction.ExplanationListener;
import io.github.steelyard.runtime.Distributed;
import java.io.PrintWriter;
import java.time.Duration;

/** Shows how far an explanation is. */
final class ExplanationProgress implements ExplanationListener, AutoCloseable {
  /** What the bar is divided into. */
  private static final long STEPS = 1000;

  private final PrintWriter err;
  private final Runnable between;
  private Progress progress;

  /**
   * Shows it.
   *
   * @param between is called after each part of the work, by all ranks alike, and may end it
   */
  ExplanationProgress(PrintWriter err, Runnable between) {
    this.err = err;
    this.between = between;
  }

  @Override
  public void started() {
    progress = Progress.start(err, STEPS);
    progress.update(0, "");
  }

  /** Whether the network could be cut and work has begun. */
  boolean isStarted() {
    return progress != null;
  }

  @Override
  public void advanced(String phase, double batch, int batches, Duration spent, Duration left) {
    // So many steps that their pace so far tells the same time left.
    double part = (double) spent.toNanos() / Math.max(1, spent.plus(left).toNanos());
    long done = left.isZero() ? STEPS : Math.min(STEPS - 1, Math.round(STEPS * part));
    progress.task(phase);
    progress.update(done, "batch %d of %d".formatted(Math.min(batches, (int) batch + 1), batches));
    boolean isWhole = batch == Math.rint(batch); // There are all ranks at the same place.
    if (isWhole || Distributed.current().size() == 1) {
      between.run();
    }
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
