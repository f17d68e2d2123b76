package io.github.steelyard.cli;

import java.io.PrintWriter;

/** One progress over several runs of the same length. */
final class DemoProgress implements AutoCloseable {
  private final PrintWriter err;
  private final int runs;
  private Progress progress;
  private int started;

  DemoProgress(PrintWriter err, int runs) {
    this.err = err;
    this.runs = runs;
  }

  /** The callback of the next run. */
  TrainingProgress next(String name, long steps) {
    if (progress == null) {
      progress = Progress.start(err, runs * steps);
    }
    started++;
    progress.task(name + " (" + started + " of " + runs + ")");
    return new TrainingProgress(progress, (started - 1) * steps);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
