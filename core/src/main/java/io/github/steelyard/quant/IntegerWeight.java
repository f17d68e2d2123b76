package io.github.steelyard.quant;

import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A weight as whole numbers of a byte: half-integers become odd numbers of half the step.
 *
 * @param numbers int8 in the weight's shape
 * @param scale of each output channel, [out]
 */
record IntegerWeight(Tensor numbers, Tensor scale) {
  /** Empty if the levels are no whole numbers of a byte, or channels share no scale. */
  static Optional<IntegerWeight> of(QuantizedTensor weight) {
    long doubled = Math.round(2 * weight.offset());
    long factor = doubled % 2 == 0 ? 1 : 2;
    long shift = doubled * factor / 2;
    long lowest = factor * weight.lowest() + shift;
    long highest = factor * weight.highest() + shift;
    long rows = weight.integers().size(0);
    Tensor scale = weight.scale();
    boolean perRow = scale.numel() == rows && scale.size(0) == rows;
    if (doubled != 2 * weight.offset()
        || lowest < Byte.MIN_VALUE
        || highest > Byte.MAX_VALUE
        || !(perRow || scale.numel() == 1)) {
      return Optional.empty();
    }
    Tensor numbers =
        weight
            .integers()
            .to(ScalarType.Short)
            .mul(new Scalar(factor))
            .add_(new Scalar(shift))
            .to(ScalarType.Char);
    Tensor step = scale.detach().reshape(-1).div(new Scalar((double) factor)).expand(rows);
    return Optional.of(new IntegerWeight(numbers, step.contiguous()));
  }

  /** Some of the output channels. */
  IntegerWeight rows(long first, long count) {
    return new IntegerWeight(numbers.narrow(0, first, count), scale.narrow(0, first, count));
  }

  /** The largest size of a number. */
  int magnitude() {
    return Math.max(-numbers.min().item_int(), numbers.max().item_int());
  }
}
