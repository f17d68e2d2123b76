package io.github.steelyard.cli.run;

import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.quant.WeightQuantizer;
import io.github.steelyard.robust.PruningMask;
import io.github.steelyard.robust.PruningScores;
import io.github.steelyard.robust.ScorePruning;
import java.util.List;
import java.util.function.Predicate;

/** Takes off weights what was put on them for training. */
public final class Materialized {
  private Materialized() {}

  /**
   * Takes off all but quantizers; each weight keeps its value in evaluation mode, bit for bit.
   *
   * @param model is changed
   */
  public static void allButQuantizers(Module model) {
    materialize(model, WeightQuantizer.class::isInstance);
  }

  /**
   * Takes off what lies below masks and quantizers; each weight keeps its value in evaluation mode,
   * bit for bit. Scores become the mask that they chose.
   *
   * @param model is changed
   */
  public static void belowMasks(Module model) {
    if (LayerWeights.of(model).values().stream()
        .anyMatch(
            weight ->
                weight.parametrizations().stream().anyMatch(PruningScores.class::isInstance))) {
      ScorePruning.finish(model);
    }
    materialize(model, map -> map instanceof WeightQuantizer || map instanceof PruningMask);
  }

  private static void materialize(Module model, Predicate<Parametrization> stays) {
    // A gate in training mode would leave a sample instead of its value.
    EvaluationMode.compute(
        model,
        () -> {
          materializeNow(model, stays);
          return null;
        });
  }

  private static void materializeNow(Module model, Predicate<Parametrization> stays) {
    for (Module module : List.copyOf(model.namedModules().values())) {
      for (Parameter parameter : module.ownParameters().values()) {
        List<Parametrization> maps = parameter.parametrizations();
        int count = 0;
        while (count < maps.size() && !stays.test(maps.get(count))) {
          count++;
        }
        parameter.materialize(count);
      }
    }
  }
}
