package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Prunes by scores and fine-tunes in one training: until a step the scores are trained and all else
 * is frozen; from then on the scores are, so that their choice is fixed, and the weights that stay
 * are trained with everything else (HYDRA: Sehwag et al., NeurIPS 2020). {@link
 * ScorePruning#finish} puts masks in the scores' place afterwards.
 *
 * <p>Use {@link ScorePruning} before the optimizer is made, and make everything trainable again, so
 * that the optimizer knows the weights too. It holds nothing, so that a resumed run continues bit
 * for bit.
 */
public final class ScoreTraining implements Callback {
  private final long fineTuneFrom;

  /**
   * Creates the callback.
   *
   * @param fineTuneFrom the first step of fine-tuning, at least 1
   * @throws IllegalArgumentException if no step is left for the scores
   */
  public ScoreTraining(long fineTuneFrom) {
    this.fineTuneFrom = Checks.atLeast(1, fineTuneFrom, "ScoreTraining", "fineTuneFrom");
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the model has no scores, the optimizer lacks a parameter,
   *     or the run ends before fine-tuning begins
   */
  @Override
  public void beforeRun(TrainingContext context) {
    if (scores(context.model()).isEmpty()) {
      throw new IllegalArgumentException(
          "there are no scores to train in "
              + context.model()
              + ": apply ScorePruning to the model before the optimizer is made");
    }
    if (fineTuneFrom >= context.totalSteps()) {
      throw new IllegalArgumentException(
          "fine-tuning begins at step "
              + fineTuneFrom
              + ", but the run has only "
              + context.totalSteps()
              + " steps: begin it earlier, or train longer");
    }
    Set<Parameter> moved = Collections.newSetFromMap(new IdentityHashMap<>());
    context.optimizer().groups().forEach(group -> moved.addAll(group.parameters().values()));
    List<String> left = new ArrayList<>(context.model().namedParameters().keySet());
    left.removeIf(name -> moved.contains(context.model().namedParameters().get(name)));
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          "the optimizer does not move "
              + left
              + ": make every parameter trainable after ScorePruning, then the optimizer");
    }
    freeze(context);
  }

  @Override
  public void beforeStep(TrainingContext context) {
    freeze(context);
  }

  private void freeze(TrainingContext context) {
    boolean isFineTuning = context.step() >= fineTuneFrom;
    Set<Parameter> scores = scores(context.model());
    for (Parameter parameter : context.model().namedParameters().values()) {
      boolean isTrainable = scores.contains(parameter) != isFineTuning;
      if (parameter.isTrainable() != isTrainable) {
        parameter.setTrainable(isTrainable);
      }
    }
  }

  private static Set<Parameter> scores(Module model) {
    Set<Parameter> scores = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Parameter weight : LayerWeights.of(model).values()) {
      for (Parametrization map : weight.parametrizations()) {
        if (map instanceof PruningScores own) {
          scores.add(own.score());
        }
      }
    }
    return scores;
  }
}
