package io.github.steelyard.cli.console;

import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.io.PrintWriter;
import java.util.Map;

/** One progress for the training of one step; its length is known when the training begins. */
public final class IncrementalProgress implements Callback, AutoCloseable {
  private final PrintWriter err;
  private final String task;
  private Progress progress;
  private TrainingProgress training;

  /**
   * Progress that begins with the first step.
   *
   * @param err where it is shown
   * @param task what is done, such as the strategy's name
   */
  public IncrementalProgress(PrintWriter err, String task) {
    this.err = err;
    this.task = task;
  }

  @Override
  public void beforeRun(TrainingContext context) {
    progress = Progress.start(err, context.totalSteps());
    progress.task(task);
    training = new TrainingProgress(progress, 0);
  }

  @Override
  public void afterStep(TrainingContext context) {
    training.afterStep(context);
  }

  @Override
  public void onEvaluation(TrainingContext context, Map<String, Double> metrics) {
    training.onEvaluation(context, metrics);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
