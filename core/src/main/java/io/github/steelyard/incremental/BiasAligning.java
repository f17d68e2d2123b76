package io.github.steelyard.incremental;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Shifts the biases of new classes so that their mean is that of the old ones: {@code b_k <- b_k +
 * mean_{j old} b_j - mean_{j new} b_j} for each new class k. {@link WeightAligning} does to lengths
 * what this does to biases, which it leaves alone; it is not part of its paper.
 *
 * @param head the last layer's path; empty to find it
 * @param oldClasses how many of the first rows belong to classes of earlier steps, at least 1
 */
public record BiasAligning(String head, int oldClasses) implements ModelTransform {
  /**
   * Checks the number.
   *
   * @param head the last layer's path; empty to find it
   * @param oldClasses at least 1
   * @throws IllegalArgumentException if there are no old classes
   */
  public BiasAligning {
    if (oldClasses < 1) {
      throw new IllegalArgumentException(
          "aligning needs at least one old class to align with, but has " + oldClasses);
    }
  }

  /**
   * How far the biases of new classes are above those of old ones.
   *
   * @param model a classifier
   * @return the mean of the new ones minus that of the old ones; empty without new classes or
   *     without biases
   * @throws IllegalArgumentException if the last layer is not a Linear
   */
  public OptionalDouble preference(Module model) {
    Linear layer = ClassifierHead.of(model, head).linear();
    if (oldClasses >= layer.outFeatures() || layer.bias().isEmpty()) {
      return OptionalDouble.empty();
    }
    Tensor bias = layer.bias().get().value();
    return OptionalDouble.of(
        Scope.computeWithoutGradient(
            () ->
                HeadRows.of(bias, oldClasses, layer.outFeatures()).mean().item_double()
                    - HeadRows.of(bias, 0, oldClasses).mean().item_double()));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the last layer is not a Linear, has no biases, no rows of
   *     new classes or a parametrization without inverse; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    ClassifierHead found = ClassifierHead.of(model, head);
    double shift =
        preference(model)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "aligning biases needs a last layer with biases of old and new classes, but '"
                            + found.path()
                            + "' has "
                            + (found.linear().bias().isEmpty()
                                ? "no bias"
                                : "those of " + found.classes() + " old classes only")));
    Parameter bias = found.linear().bias().orElseThrow();
    HeadRows.requireAssignable(bias, found.path() + ".bias", "bias aligning");
    Scope.withoutGradient(
        () -> {
          Tensor aligned = bias.value().clone();
          HeadRows.of(aligned, oldClasses, found.classes()).sub_(new Scalar(shift));
          HeadRows.assign(bias, aligned, oldClasses);
        });
    return model;
  }
}
