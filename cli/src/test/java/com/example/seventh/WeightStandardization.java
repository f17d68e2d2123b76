package com.example.seventh;

import io.github.steelyard.nn.Parametrization;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Weight standardization (Qiao, Wang, Liu, Shen and Yuille, "Micro-Batch Training with
 * Batch-Channel Normalization and Weight Standardization", 2019, arXiv 1903.10520): each output
 * channel's weights have mean 0 and variance 1.
 *
 * <pre>
 * w_i = (v_i - mean(v_i)) / sqrt(var(v_i) + epsilon)   for each row i of v as [out, -1]
 * </pre>
 *
 * <p>Cost: five passes over the weight at each forward pass. Not for a layer without a
 * normalization behind it, whose outputs would have another size.
 */
public final class WeightStandardization extends Parametrization {
  private final double epsilon;

  /**
   * A standardization.
   *
   * @param epsilon added to each row's variance, above 0
   */
  public WeightStandardization(double epsilon) {
    this.epsilon = epsilon;
  }

  @Override
  public Tensor forward(Tensor value) {
    Tensor rows = value.flatten(1, -1);
    Tensor centred = rows.sub(mean(rows));
    Tensor variance = mean(centred.square());
    return centred.div(variance.add(new Scalar(epsilon)).sqrt()).reshape(value.shape());
  }

  private static Tensor mean(Tensor rows) {
    return rows.mean(new long[] {1}, true, new ScalarTypeOptional());
  }
}
