package io.github.steelyard.robust;

import io.github.steelyard.data.Normalization;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How a model's inputs come from what a person or an attacker sees: {@code input = (seen - mean) /
 * deviation} per channel, with {@code seen} in a valid range. Attacks count their budget in seen
 * units, before normalization, and stay in the range.
 *
 * @param mean per channel; a single one holds for all
 * @param deviation per channel, above 0; a single one holds for all
 * @param minimum the smallest valid seen value
 * @param maximum the largest valid seen value
 */
public record InputDomain(
    List<Double> mean, List<Double> deviation, double minimum, double maximum) {
  /**
   * Checks the numbers.
   *
   * @param mean per channel
   * @param deviation per channel, above 0
   * @param minimum the smallest valid seen value
   * @param maximum the largest valid seen value, above the minimum
   * @throws IllegalArgumentException if means and deviations are no normalization, or the range is
   *     empty
   */
  public InputDomain {
    Normalization checked = new Normalization(mean, deviation);
    mean = checked.mean();
    deviation = checked.deviation();
    if (!(minimum < maximum) || Double.isInfinite(maximum - minimum)) {
      throw new IllegalArgumentException(
          "the valid range of inputs must have a width, but is " + minimum + " to " + maximum);
    }
  }

  /**
   * Normalized images: seen values are grey levels scaled to 0..1, as a data loader makes them.
   *
   * @param normalization the one that the model was trained with
   * @return the domain
   */
  public static InputDomain of(Normalization normalization) {
    return new InputDomain(normalization.mean(), normalization.deviation(), 0, 1);
  }

  /**
   * Inputs that go into the model as they are seen.
   *
   * @param minimum the smallest valid value
   * @param maximum the largest valid value
   * @return the domain
   * @throws IllegalArgumentException if the range is empty
   */
  public static InputDomain plain(double minimum, double maximum) {
    return new InputDomain(List.of(0.0), List.of(1.0), minimum, maximum);
  }

  /**
   * What was seen.
   *
   * @param inputs model inputs [n, channels, ...]
   * @return seen values of the same shape
   * @throws IllegalArgumentException if the number of channels is another
   */
  public Tensor seen(Tensor inputs) {
    return inputs.mul(perChannel(deviation, inputs)).add(perChannel(mean, inputs));
  }

  /**
   * What differences of seen values, and gradients with respect to inputs, are divided by to be
   * differences of inputs, and gradients with respect to seen values; spreads over the inputs.
   */
  Tensor deviation(Tensor inputs) {
    return perChannel(deviation, inputs);
  }

  /** The lowest allowed change: to the range's edge, at most epsilon; outside of it none. */
  Tensor lowest(Tensor seen, double epsilon) {
    return seen.neg()
        .add_(new Scalar(minimum))
        .clamp_max_(new Scalar(0.0))
        .clamp_min_(new Scalar(-epsilon));
  }

  /** The highest allowed change. */
  Tensor highest(Tensor seen, double epsilon) {
    return seen.neg()
        .add_(new Scalar(maximum))
        .clamp_min_(new Scalar(0.0))
        .clamp_max_(new Scalar(epsilon));
  }

  private static Tensor perChannel(List<Double> numbers, Tensor inputs) {
    if (numbers.size() > 1 && (inputs.dim() < 2 || inputs.size(1) != numbers.size())) {
      throw new IllegalArgumentException(
          "the normalization has "
              + numbers.size()
              + " channels, but the inputs have shape "
              + Arrays.toString(inputs.shape()));
    }
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i).floatValue();
    }
    long[] shape = new long[(int) inputs.dim()];
    Arrays.fill(shape, 1);
    shape[Math.min(1, shape.length - 1)] = values.length;
    return torch.tensor(values).to(inputs.device(), inputs.scalar_type()).reshape(shape);
  }
}
