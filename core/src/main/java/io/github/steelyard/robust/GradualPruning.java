package io.github.steelyard.robust;

import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Prunes during training by magnitude, at once or along the cubic schedule of Zhu and Gupta ("To
 * prune, or not to prune: exploring the efficacy of pruning for model compression", 2017, arXiv
 * 1710.01878): with the final sparsity s, from step b to step e,
 *
 * <pre>
 * sparsity(t) = s (1 - (1 - (t - b) / (e - b))^3)
 * </pre>
 *
 * fast at first, while many weights do not matter, and slowly at the end. What is pruned stays
 * pruned; the steps after the last pruning are fine-tuning under the mask.
 *
 * <p>Apply {@link MagnitudePruning#prepare} to the model before the optimizer is made. The masks
 * are part of the model, so a resumed run continues as an uninterrupted one. Each pruning is
 * written to the run's log as an event {@code pruning}.
 */
public final class GradualPruning implements Callback {
  private final PruningConfiguration configuration;
  private final PruningSchedule schedule;

  /**
   * Creates the callback.
   *
   * @param configuration which weights, and how many in the end
   * @param schedule when
   */
  public GradualPruning(PruningConfiguration configuration, PruningSchedule schedule) {
    this.configuration = configuration;
    this.schedule = schedule;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the run ends before the last pruning, or the model was not
   *     prepared
   */
  @Override
  public void beforeRun(TrainingContext context) {
    if (schedule.end() >= context.totalSteps()) {
      throw new IllegalArgumentException(
          "pruning ends before step "
              + schedule.end()
              + ", but the run has only "
              + context.totalSteps()
              + " steps: end it earlier, or train longer");
    }
    new MagnitudePruning(configuration)
        .weights(context.model())
        .forEach(
            (path, weight) -> {
              if (MagnitudePruning.mask(weight).isEmpty()) {
                throw new IllegalArgumentException(
                    "the weight of '"
                        + path
                        + "' has no mask: apply MagnitudePruning.prepare to the model before the"
                        + " optimizer is made");
              }
            });
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a layer would lose all its weights; the checkpoints from
   *     before are intact
   */
  @Override
  public void beforeStep(TrainingContext context) {
    long step = context.step();
    if (!schedule.isDue(step)) {
      return;
    }
    double sparsity = schedule.sparsity(step, configuration.sparsity());
    if (sparsity > 0) {
      new MagnitudePruning(configuration).prune(context.model(), sparsity);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("wanted", sparsity);
    values.put("sparsity", SparsityReport.of(context.model()).sparsity());
    context.log("pruning", values);
  }
}
