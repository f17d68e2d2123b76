package io.github.steelyard.incremental;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;

/**
 * Gives a classifier more classes: its last layer is replaced by one with more rows. Rows of known
 * classes keep their weights and biases bit for bit; new rows are drawn from libtorch's seeded
 * generator as {@link Linear} draws its own. Element type, device, a missing bias, frozen
 * parameters and parametrizations carry over; a parametrization that cannot be applied to more rows
 * is refused.
 *
 * <p>An optimizer that moved the old layer does not know the new one: make a new optimizer.
 *
 * @param head the last layer's path; empty to find it
 * @param newClasses how many rows are added, at least 1
 */
public record GrowHead(String head, int newClasses) implements ModelTransform {
  /**
   * Checks the number.
   *
   * @param head the last layer's path; empty to find it
   * @param newClasses how many rows are added, at least 1
   * @throws IllegalArgumentException if no row is added
   */
  public GrowHead {
    if (newClasses < 1) {
      throw new IllegalArgumentException(
          "a head grows by at least one new class, but not by " + newClasses);
    }
  }

  /**
   * Grows the head that is found by itself.
   *
   * @param newClasses how many rows are added, at least 1
   * @throws IllegalArgumentException if no row is added
   */
  public GrowHead(int newClasses) {
    this("", newClasses);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the last layer is not a Linear, or its parametrizations
   *     cannot grow; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    ClassifierHead found = ClassifierHead.of(model, head);
    Linear old = found.linear();
    Linear grown =
        new Linear(old.inFeatures(), old.outFeatures() + newClasses, old.bias().isPresent());
    grown.to(old.weight().tensor().scalar_type());
    grown.to(Device.of(old.weight().tensor()));
    HeadRows.grow(old.weight(), grown.weight(), found.path() + ".weight");
    old.bias()
        .ifPresent(bias -> HeadRows.grow(bias, grown.bias().orElseThrow(), found.path() + ".bias"));
    model.setSubmodule(found.path(), grown);
    return model;
  }
}
