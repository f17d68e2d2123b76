package io.github.steelyard.quant;

import org.bytedeco.pytorch.Tensor;

/**
 * A {@link WeightQuantizer} whose rounding thresholds are equally spaced: the one between the
 * integers i and i + 1 lies at {@code step (i + 1/2 + offset)} in the units of the latent weight.
 */
public interface UniformQuantizer {
  /**
   * The distance of two thresholds, in the units of the latent weight.
   *
   * @param weight the latent weight
   * @return at least 0, without gradient, broadcastable against the weight; a tensor of the current
   *     scope
   */
  Tensor thresholdStep(Tensor weight);

  /**
   * What is added to an integer before it is multiplied by the step.
   *
   * @return such as 0 for LSQ and 1/2 for StatsQ
   */
  double offset();
}
