package io.github.steelyard.quant;

import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A quantizer of weights. A latent weight has a real-valued position u on the line of integers, and
 * the nearest integer within [lowest, highest] is what is stored. The rounding thresholds lie at
 * lowest + 1/2, ..., highest - 1/2; the layer sees {@code scale (integer + offset)}.
 *
 * <p>To write one, extend this class and give its {@link #lowest}, {@link #highest}, {@link
 * #keepsZeros}, {@link #position} and {@link #quantize}; register it by a {@link
 * QuantizerProvider}, which may be a nested class of the same file. Everything else then works:
 *
 * <ul>
 *   <li>training, with a straight-through gradient of 1. Override {@link #forward} for another
 *       gradient; its values must equal {@code quantize(weight).dequantize()} bit for bit, since
 *       that is what is shipped. What it learns is a {@code parameter}, what it keeps a {@code
 *       buffer}: both are saved, resumed and moved to a device;
 *   <li>oscillation tracking and confidence-guided annealing, which ask for the position;
 *   <li>packed files and ONNX, which ask for the integers. Where levels are not equally spaced,
 *       {@link #quantize} throws an {@link IllegalArgumentException} with the reason: the model is
 *       then trained, but neither converted, packed nor exported;
 *   <li>iterative freezing, if it is a {@link FreezableQuantizer}; query-key reparameterization, if
 *       it is a {@link ProductQuantizer}.
 * </ul>
 *
 * <p>None of the methods here but {@link #forward} records gradients. A quantizer serves one
 * weight. See {@link StatsQ}, one screen, and {@link Lsq}, which learns its scale.
 */
public abstract class WeightQuantizer extends Parametrization implements ExportableWeight {
  private final int bits;

  /**
   * A quantizer. Its number of bits becomes a buffer, so that weights of other bits are not loaded
   * by mistake.
   *
   * @param bits from 1 to 8
   * @param name how messages call it, such as {@code StatsQ}
   * @throws IllegalArgumentException if {@code bits} is out of range
   */
  protected WeightQuantizer(int bits, String name) {
    this.bits = Bounds.bits(bits, name);
    buffer("bits", Bounds.stored(bits));
  }

  /**
   * The number of bits.
   *
   * @return from 1 to 8
   */
  public final int bits() {
    return bits;
  }

  /**
   * The smallest integer.
   *
   * @return such as -2 for two signed bits
   */
  public abstract int lowest();

  /**
   * The largest integer.
   *
   * @return such as 1 for two signed bits; at most 255 above the smallest
   */
  public abstract int highest();

  /**
   * Whether a weight of 0 stays 0.
   *
   * @return false if there is no level at 0, so that pruned weights would come back
   */
  public abstract boolean keepsZeros();

  /**
   * Where latent weights stand among the integers.
   *
   * @param weight the latent weight
   * @return u in the weight's shape and type, within [lowest - 1/2, highest + 1/2]
   */
  public abstract Tensor position(Tensor weight);

  /**
   * The integers, scales and offset of a weight.
   *
   * @param weight the latent weight
   * @return what a file stores
   * @throws IllegalArgumentException if the levels are not equally spaced; the message says why
   *     they cannot be integers
   */
  public abstract QuantizedTensor quantize(Tensor weight);

  /**
   * The quantized weight, with a straight-through gradient.
   *
   * @param value the latent weight
   * @return {@code quantize(value).dequantize()}; its gradient passes to the latent weight as it is
   */
  @Override
  public Tensor forward(Tensor value) {
    Tensor quantized = Scope.computeWithoutGradient(() -> quantize(value.detach()).dequantize());
    return straightThrough(value, quantized);
  }

  /**
   * A quantized weight whose gradient passes to the latent one as it is. Costs nothing in the
   * backward pass.
   *
   * @param value the latent weight
   * @param quantized its quantized value, of the same shape and type, without gradient; taken over
   * @return the quantized value, recorded if the latent weight is
   */
  protected static Tensor straightThrough(Tensor value, Tensor quantized) {
    if (!GradMode.is_enabled() || !value.requires_grad()) {
      return quantized;
    }
    // The recorded operation has the gradient, the replaced data are the quantized value.
    Tensor recorded = value.alias();
    recorded.set_data(quantized);
    return recorded;
  }

  @Override
  public GraphValue export(GraphBuilder graph, String name, Tensor value) {
    return quantize(value).export(graph, name);
  }

  @Override
  protected void checkState(String path, Map<String, Tensor> state) {
    Bounds.requireBits(bits, path, state);
  }

  /**
   * The integers alone, for following their changes.
   *
   * @param weight the latent weight
   * @return whole numbers in the weight's shape, of type int8
   */
  public final Tensor integers(Tensor weight) {
    return Scope.computeWithoutGradient(() -> nearest(position(weight)));
  }

  /**
   * How far latent weights are from their nearest rounding threshold.
   *
   * @param weight the latent weight
   * @return distances of at least 0 in the weight's shape, in steps between integers
   */
  public final Tensor distanceToThreshold(Tensor weight) {
    return Scope.computeWithoutGradient(() -> distance(position(weight)));
  }

  /**
   * The integers that are stored for positions.
   *
   * @param position u of {@link #position}
   * @return whole numbers within [lowest, highest], of type int8
   */
  public final Tensor nearest(Tensor position) {
    return Scope.computeWithoutGradient(
        () -> Bounds.clamp_(position.round(), lowest(), highest()).to(ScalarType.Char));
  }

  /**
   * How far positions are from their nearest rounding threshold.
   *
   * @param position u of {@link #position}
   * @return distances of at least 0, in steps between integers
   */
  public final Tensor distance(Tensor position) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor below = Bounds.clamp_(torch.floor(position), lowest(), highest() - 1);
          return position.sub(below).sub_(new Scalar(0.5)).abs_();
        });
  }
}
