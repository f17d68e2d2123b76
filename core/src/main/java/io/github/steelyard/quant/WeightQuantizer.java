package io.github.steelyard.quant;

import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What all quantizers of weights have in common: a latent weight has a real-valued position u on
 * the line of integers, and the nearest integer within [lowest, highest] is what is stored. The
 * rounding thresholds lie at lowest + 1/2, ..., highest - 1/2. None of the methods here records
 * gradients.
 */
public sealed interface WeightQuantizer permits Lsq, StatsQ {
  /**
   * The number of bits.
   *
   * @return from 1 to 8
   */
  int bits();

  /**
   * The smallest integer.
   *
   * @return such as -2 for two signed bits
   */
  int lowest();

  /**
   * The largest integer.
   *
   * @return such as 1 for two signed bits
   */
  int highest();

  /**
   * Whether a weight of 0 stays 0.
   *
   * @return false if there is no level at 0, so that pruned weights would come back
   */
  boolean keepsZeros();

  /**
   * Where latent weights stand among the integers.
   *
   * @param weight the latent weight
   * @return u in the weight's shape and type, within [lowest - 1/2, highest + 1/2]
   */
  Tensor position(Tensor weight);

  /**
   * The integers, scales and offset of a weight.
   *
   * @param weight the latent weight
   * @return what a file stores
   */
  QuantizedTensor quantize(Tensor weight);

  /**
   * The integers alone, for following their changes.
   *
   * @param weight the latent weight
   * @return whole numbers in the weight's shape, of type int8
   */
  default Tensor integers(Tensor weight) {
    return Scope.computeWithoutGradient(() -> nearest(position(weight)));
  }

  /**
   * How far latent weights are from their nearest rounding threshold.
   *
   * @param weight the latent weight
   * @return distances of at least 0 in the weight's shape, in steps between integers
   */
  default Tensor distanceToThreshold(Tensor weight) {
    return Scope.computeWithoutGradient(() -> distance(position(weight)));
  }

  /**
   * The integers that are stored for positions.
   *
   * @param position u of {@link #position}
   * @return whole numbers within [lowest, highest], of type int8
   */
  default Tensor nearest(Tensor position) {
    return Scope.computeWithoutGradient(
        () -> Bounds.clamp_(position.round(), lowest(), highest()).to(ScalarType.Char));
  }

  /**
   * How far positions are from their nearest rounding threshold.
   *
   * @param position u of {@link #position}
   * @return distances of at least 0, in steps between integers
   */
  default Tensor distance(Tensor position) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor below = Bounds.clamp_(torch.floor(position), lowest(), highest() - 1);
          return position.sub(below).sub_(new Scalar(0.5)).abs_();
        });
  }
}
