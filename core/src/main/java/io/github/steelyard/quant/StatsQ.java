package io.github.steelyard.quant;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Statistical weight quantization: the scale follows from the weight instead of being learned, so
 * that single weights at a threshold cannot move all thresholds.
 *
 * <pre>
 * s = 2 mean|w| over an output channel, without gradient;  n = 2^(b-1)
 * u = n · clamp(w / s, -1, 1 - 1e-6) - 1/2
 * q(w) = s (round(u) + 1/2) / n
 * gradient: dq/dw = 1 everywhere, also where w / s is clamped
 * </pre>
 *
 * <p>With b = 1 the formula has a third level, -3/2 s, for weights of -s and less: its integers
 * take two bits.
 *
 * <p>The levels are half-integers: there is no level at 0 and the zero point is fractional. A
 * channel of zeros has s = 0 and stays zero; its gradient still passes. The channel is the first
 * dimension of a matrix or a filter; for a weight [g, d, c] of three dimensions it is d.
 *
 * <p>Paper: Liu, Liu and Cheng, Oscillation-free Quantization for Low-bit Vision Transformers, ICML
 * 2023 (arXiv 2302.02210), Section 4.1.
 *
 * <p>Costs eight passes over the weight in a forward pass and none in the backward pass. Not for
 * activations, whose statistics change with each batch: use {@link Lsq}.
 */
public final class StatsQ extends WeightQuantizer implements ProductQuantizer, UniformQuantizer {
  static final String NAME = "statsq";

  private OptionalDouble boundaryRange = OptionalDouble.empty();

  /**
   * A quantizer.
   *
   * @param bits the number of bits, from 1 to 8
   * @throws IllegalArgumentException if {@code bits} is out of range
   */
  public StatsQ(int bits) {
    super(bits, "StatsQ");
  }

  @Override
  public Tensor forward(Tensor value) {
    Tensor quantized = value(value.detach());
    boolean some = boundaryRange.isPresent() && isTraining() && GradMode.is_enabled();
    return straightThrough(some && value.requires_grad() ? free(value) : value, quantized);
  }

  private Tensor value(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor step = step(weight);
          return rounded(position(weight, step)).add_(new Scalar(0.5)).mul_(step);
        });
  }

  private Tensor rounded(Tensor position) {
    Tensor level = position.round_();
    // In types of few digits 1 - 1e-6 is 1, which is rounded to a level too many.
    return level.element_size() < 4 ? Bounds.clamp_(level, lowest(), highest()) : level;
  }

  /** The same values, of which only those near a threshold pass a gradient. */
  private Tensor free(Tensor value) {
    double range = boundaryRange.getAsDouble();
    Tensor mask =
        Scope.computeWithoutGradient(
            () ->
                distanceToThreshold(value).le(new Scalar(range)).to(value.scalar_type().intern()));
    return value.mul(mask);
  }

  /**
   * Lets only weights near a threshold pass a gradient, in training mode: confidence-guided
   * annealing of a weight that is itself computed, such as the product of query and key weights.
   *
   * @param range how near, in steps between integers; empty to let all pass
   * @throws IllegalArgumentException if the range is not within [0, 1/2]
   */
  @Override
  public void setBoundaryRange(OptionalDouble range) {
    range.ifPresent(r -> BoundaryRange.check(r));
    boundaryRange = range;
  }

  /** False: the levels nearest to 0 are s / 2n and -s / 2n. */
  @Override
  public boolean keepsZeros() {
    return false;
  }

  /** s / n, exactly: n is a power of two. */
  private Tensor step(Tensor weight) {
    Tensor magnitude = weight.detach().abs();
    if (weight.dim() == 3) {
      magnitude = mean(mean(magnitude, 2), 0);
    } else {
      if (weight.dim() < 2) {
        throw new IllegalArgumentException(
            "StatsQ needs a weight of at least 2 dimensions, but was given "
                + Arrays.toString(weight.shape()));
      }
      magnitude = mean(magnitude, LongStream.range(1, weight.dim()).toArray());
    }
    return magnitude.mul_(new Scalar(2.0 / half()));
  }

  private static Tensor mean(Tensor tensor, long... dimensions) {
    return tensor.mean(dimensions, true, new ScalarTypeOptional());
  }

  private Tensor position(Tensor weight, Tensor step) {
    Tensor divisor = torch.where(step.eq(new Scalar(0.0)), torch.ones_like(step), step);
    return Bounds.clamp_(weight.detach().div(divisor), -half(), half() * (1 - 1e-6))
        .sub_(new Scalar(0.5));
  }

  /** n of the formula. */
  private int half() {
    return 1 << (bits() - 1);
  }

  /** One lower for a single bit, where -1 - 1/2 is rounded to the even integer. */
  @Override
  public int lowest() {
    return bits() == 1 ? -2 : -half();
  }

  @Override
  public int highest() {
    return half() - 1;
  }

  @Override
  public Tensor position(Tensor weight) {
    return Scope.computeWithoutGradient(() -> position(weight, step(weight)));
  }

  @Override
  public QuantizedTensor quantize(Tensor weight) {
    Tensor step = Scope.computeWithoutGradient(() -> step(weight));
    return new QuantizedTensor(integers(weight), step, offset(), lowest(), highest());
  }

  @Override
  public Tensor thresholdStep(Tensor weight) {
    return Scope.computeWithoutGradient(() -> step(weight));
  }

  @Override
  public double offset() {
    return 0.5;
  }

  @Override
  public String toString() {
    return "StatsQ(" + bits() + " bits)";
  }
}
