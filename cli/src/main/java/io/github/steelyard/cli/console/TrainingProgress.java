package io.github.steelyard.cli.console;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.Locale;
import java.util.Map;

/** Passes what happens in a run on to a person. */
public final class TrainingProgress implements Callback {
  private final Progress progress;
  private final long stepsBefore;
  private String accuracy = "";

  /**
   * @param progress is told
   * @param stepsBefore steps of runs that the same progress showed before this one
   */
  public TrainingProgress(Progress progress, long stepsBefore) {
    this.progress = progress;
    this.stepsBefore = stepsBefore;
  }

  @Override
  public void afterStep(TrainingContext context) {
    progress.update(
        stepsBefore + context.step(),
        String.format(
            Locale.ROOT,
            "epoch %d/%d, loss %.3f%s",
            context.epoch() + 1,
            context.configuration().epochs(),
            context.loss(),
            accuracy));
  }

  @Override
  public void onEvaluation(TrainingContext context, Map<String, Double> metrics) {
    Double value = metrics.get("accuracy");
    if (value != null) {
      accuracy = ", accuracy " + Numbers.percent(value);
    }
  }
}
