package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.interaction.ExplanationListener;
import java.io.PrintWriter;

/** Shows how far an explanation is. */
final class ExplanationProgress implements ExplanationListener, AutoCloseable {
  private final PrintWriter err;
  private Progress progress;

  ExplanationProgress(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void started(long steps) {
    close();
    progress = Progress.start(err, steps);
  }

  /** Whether the network could be cut and work has begun. */
  boolean isStarted() {
    return progress != null;
  }

  @Override
  public void advanced(String phase, int batch, int batches, long done) {
    progress.task(phase);
    progress.update(done, "batch " + batch + " of " + batches);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
