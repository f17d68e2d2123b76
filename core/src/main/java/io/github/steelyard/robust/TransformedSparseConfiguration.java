package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.robust.GateCost.Form;

/**
 * How strong the {@link TransformedSparseConstraint} is. Defaults are those of the authors' code
 * (Feng et al., 2025).
 *
 * @param strength the factor lambda_reg, at least 0; 1
 * @param form transformed L1, or what the published code computes
 * @param a the shape, above 0; 100
 * @param lambda what a weight costs whatever its size, at least 0; 0.001
 * @param weightDecay decay of all weights, biases and normalizations, at least 0; 5e-4. The
 *     optimizer's own should then be 0
 * @param dropRate p, which sharpens the prior of gated weights, at least 0 and below 1; 0.3
 */
public record TransformedSparseConfiguration(
    double strength, Form form, double a, double lambda, double weightDecay, double dropRate) {
  /**
   * Checks the values.
   *
   * @param strength at least 0
   * @param form which form
   * @param a above 0
   * @param lambda at least 0
   * @param weightDecay at least 0
   * @param dropRate at least 0 and below 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public TransformedSparseConfiguration {
    Strength.check(strength, "TransformedSparseConstraint");
    Checks.positive(a, "TransformedSparseConstraint", "a");
    GateCost.requireNotNegative(lambda, "lambda");
    GateCost.requireNotNegative(weightDecay, "weightDecay");
    Checks.probability(dropRate, "TransformedSparseConstraint", "dropRate");
  }

  /**
   * The authors' numbers, in the form of transformed L1.
   *
   * @return the configuration
   */
  public static TransformedSparseConfiguration defaults() {
    return new TransformedSparseConfiguration(1, Form.TRANSFORMED_L1, 100, 0.001, 5e-4, 0.3);
  }

  /**
   * Another form.
   *
   * @param other which form
   * @return the changed configuration
   */
  public TransformedSparseConfiguration withForm(Form other) {
    return new TransformedSparseConfiguration(strength, other, a, lambda, weightDecay, dropRate);
  }

  /** What the gates of a layer cost, in a training on so many samples. */
  GateCost cost(long samples) {
    return new GateCost(form, a, samples * weightDecay / (1 - dropRate), lambda);
  }
}
