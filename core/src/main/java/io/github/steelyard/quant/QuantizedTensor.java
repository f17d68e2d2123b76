package io.github.steelyard.quant;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A weight as integers: {@code value = scale (integers + offset)}, with one scale for each output
 * channel. The offset is 0 for LSQ and 1/2 for StatsQ, whose levels lie halfway between integers.
 *
 * @param integers of type int8 in the weight's shape, each from {@code lowest} to {@code highest}
 * @param scale positive or 0, broadcastable against {@code integers}
 * @param offset what is added to each integer
 * @param lowest the smallest integer that the quantizer uses
 * @param highest the largest integer that the quantizer uses
 */
public record QuantizedTensor(
    Tensor integers, Tensor scale, double offset, int lowest, int highest) {
  /**
   * The effective weight. It equals what the quantizer gives in a forward pass, bit for bit.
   *
   * @return a tensor of the scale's type in the weight's shape
   */
  public Tensor dequantize() {
    ScalarType type = scale.scalar_type().intern();
    return integers.to(type).add_(new Scalar(offset)).mul_(scale);
  }

  /**
   * The bits that one integer needs.
   *
   * @return from 1 to 8
   */
  public int bits() {
    return 32 - Integer.numberOfLeadingZeros(highest - lowest);
  }

  /** The effective weight as a constant that is stored as its integers. */
  GraphValue export(GraphBuilder graph, String name) {
    return graph.quantized(name, integers, scale, offset);
  }
}
