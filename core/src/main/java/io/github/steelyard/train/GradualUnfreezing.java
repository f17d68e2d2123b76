package io.github.steelyard.train;

import io.github.steelyard.nn.FreezeParameters;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.LayerDepths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains the head first and lets one block more learn after every few epochs, from the last to the
 * stem (Howard and Ruder, Universal Language Model Fine-tuning for Text Classification, ACL 2018).
 * Layers are those of {@link LayerDepths}. What was frozen before the run stays so. Make the
 * optimizer with all parameters, before the run: those that are frozen get no gradient, and so no
 * step and no decay.
 *
 * <p>Not for training from random weights.
 */
public final class GradualUnfreezing implements Callback {
  private final int epochs;
  private final List<List<Parameter>> layers = new ArrayList<>();

  /**
   * Creates the callback.
   *
   * @param epochs how many epochs until the next layer learns, at least 1
   * @throws IllegalArgumentException if the number is below 1
   */
  public GradualUnfreezing(int epochs) {
    if (epochs < 1) {
      throw new IllegalArgumentException(
          "gradual unfreezing: epochs must be at least 1, but is " + epochs);
    }
    this.epochs = epochs;
  }

  @Override
  public void beforeRun(TrainingContext context) {
    Map<String, Parameter> trainable = new LinkedHashMap<>(context.model().namedParameters());
    trainable.values().removeIf(parameter -> !parameter.isTrainable());
    Set<Parameter> moved = Collections.newSetFromMap(new IdentityHashMap<>());
    context.optimizer().groups().forEach(group -> moved.addAll(group.parameters().values()));
    trainable.forEach(
        (name, parameter) -> {
          if (!moved.contains(parameter)) {
            throw new IllegalArgumentException(
                "gradual unfreezing: the optimizer does not move '"
                    + name
                    + "', so that it would never learn; make the optimizer before the run with all"
                    + " parameters");
          }
        });
    layers.clear();
    LayerDepths.of(trainable.keySet())
        .forEach(
            (name, depth) -> {
              while (layers.size() <= depth) {
                layers.add(new ArrayList<>());
              }
              layers.get(depth).add(trainable.get(name));
            });
    freeze(context);
  }

  @Override
  public void beforeEpoch(TrainingContext context) {
    freeze(context);
  }

  /** The epoch alone decides, so that a resumed run goes on alike. */
  private void freeze(TrainingContext context) {
    int learning = 1 + context.epoch() / epochs;
    for (int i = 0; i < layers.size(); i++) {
      FreezeParameters.setTrainable(context.model(), layers.get(i), i >= layers.size() - learning);
    }
  }
}
