package io.github.steelyard.cli.run;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.quant.WeightQuantizer;
import io.github.steelyard.robust.PruningMask;
import java.util.List;
import java.util.function.Predicate;

/** Takes off weights what was put on them for training. */
public final class Materialized {
  private Materialized() {}

  /**
   * Takes off all but quantizers; each weight keeps its value, bit for bit.
   *
   * @param model is changed
   */
  public static void allButQuantizers(Module model) {
    materialize(model, WeightQuantizer.class::isInstance);
  }

  /**
   * Takes off what lies below masks and quantizers; each weight keeps its value, bit for bit.
   *
   * @param model is changed
   */
  public static void belowMasks(Module model) {
    materialize(model, map -> map instanceof WeightQuantizer || map instanceof PruningMask);
  }

  private static void materialize(Module model, Predicate<Parametrization> stays) {
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
