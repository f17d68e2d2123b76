package io.github.steelyard.compander;

import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import java.util.List;

/**
 * Ends training with a {@link WeightCompander}: each companded weight w becomes the stored tensor,
 * and v, a and b are dropped. The model computes the same, bit for bit, and costs what it did
 * without the compander; its state dict has the names of the plain model. Masks and quantizers
 * above the compander stay. Make a new optimizer to train on.
 */
public final class MaterializeCompander implements ModelTransform {
  /** Creates the transform. */
  public MaterializeCompander() {}

  /**
   * Materializes the companders of a model in place.
   *
   * @param model the model
   * @return the same model
   * @throws IllegalArgumentException if no weight is companded
   */
  @Override
  public Module apply(Module model) {
    List<Parameter> companded =
        model.plainlyNamedParameters().values().stream()
            .filter(parameter -> end(parameter) > 0)
            .toList();
    if (companded.isEmpty()) {
      throw new IllegalArgumentException(model + " has no companded weight");
    }
    companded.forEach(parameter -> parameter.materialize(end(parameter)));
    return model;
  }

  /** How many parametrizations there are up to the compander. */
  private static int end(Parameter parameter) {
    List<Parametrization> maps = parameter.parametrizations();
    for (int i = maps.size(); i > 0; i--) {
      if (maps.get(i - 1) instanceof WeightCompander) {
        return i;
      }
    }
    return 0;
  }
}
