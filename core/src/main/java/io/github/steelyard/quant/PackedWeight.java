package io.github.steelyard.quant;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A weight stored as integers of its own bit width, side by side in bytes: four of 2 bits to a
 * byte. Buffers: {@code integers} (uint8, the lowest bits of a byte first; each stored as its
 * distance from the lowest level, so that none is negative), {@code scale} (one for each output
 * channel) and {@code levels} (int8: bits, lowest, 2 · offset). {@code value = scale (lowest +
 * stored + offset)} equals the trained weight bit for bit.
 *
 * <p>Storage: {@code ceil(bits · elements / 8)} bytes and a scale for each channel. The value is
 * computed at each forward pass in the scale's type and not kept, so that a converted model is as
 * small in memory as in its file: arithmetic is in floating point, only storage is in integers.
 */
public final class PackedWeight extends Module {
  private final long[] shape;
  private final int bits;
  private final int lowest;
  private final double offset;
  private final Buffer integers;
  private final Buffer scale;

  /**
   * Packs a weight.
   *
   * @param weight integers and scales
   */
  public PackedWeight(QuantizedTensor weight) {
    shape = weight.integers().shape();
    bits = weight.bits();
    lowest = weight.lowest();
    offset = weight.offset();
    integers = buffer("integers", Scope.computeWithoutGradient(() -> pack(weight)));
    scale = buffer("scale", weight.scale().detach().clone());
    buffer("levels", Scope.computeWithoutGradient(this::levels));
  }

  private Tensor levels() {
    return torch.tensor(new long[] {bits, lowest, Math.round(2 * offset)}).to(ScalarType.Char);
  }

  @Override
  protected void checkState(String path, Map<String, Tensor> state) {
    String name = path.isEmpty() ? "levels" : path + ".levels";
    Scope.withoutGradient(
        () -> {
          Tensor saved = state.get(name).cpu();
          if (!torch.equal(saved.to(ScalarType.Double), levels().to(ScalarType.Double))) {
            throw new IllegalArgumentException(
                "'"
                    + name
                    + "' (bits, lowest, twice the offset) is "
                    + text(saved)
                    + " in the state dict, but this model has "
                    + text(levels())
                    + "; prepare it with the configuration of the checkpoint");
          }
        });
  }

  private static String text(Tensor levels) {
    return Arrays.toString(
        LongStream.range(0, levels.numel()).map(i -> levels.get(i).item_long()).toArray());
  }

  private static Tensor pack(QuantizedTensor weight) {
    int bits = weight.bits();
    Tensor stored =
        weight.integers().to(ScalarType.Int).sub(new Scalar(weight.lowest())).reshape(-1);
    long elements = stored.numel();
    long bytes = (elements * bits + 7) / 8;
    // A stream of bits, least significant first, cut into bytes: works for 3 bits as for 2.
    Tensor padded = torch.zeros(bytes * 8).to(ScalarType.Byte);
    Tensor[] planes = new Tensor[bits];
    for (int bit = 0; bit < bits; bit++) {
      planes[bit] = torch.__rshift__(stored, new Scalar(bit)).bitwise_and(new Scalar(1));
    }
    Tensor stream = torch.stack(new TensorVector(planes), 1).reshape(-1).to(ScalarType.Byte);
    padded.narrow(0, 0, elements * bits).copy_(stream);
    return gather(padded.view(bytes, 8), 8);
  }

  /** Puts columns of single bits together, the first being the least significant. */
  private static Tensor gather(Tensor columns, int bits) {
    Tensor sum = columns.select(1, 0).clone();
    for (int bit = 1; bit < bits; bit++) {
      sum.bitwise_or_(torch.__lshift__(columns.select(1, bit), new Scalar(bit)));
    }
    return sum;
  }

  /** Not meant to be called: a weight has no input. */
  @Override
  public Tensor forward(Tensor input) {
    throw new UnsupportedOperationException("a packed weight has no input; call value()");
  }

  /**
   * The effective weight.
   *
   * @return a tensor of the current scope in the weight's shape
   */
  public Tensor value() {
    return unpack().dequantize();
  }

  /**
   * The integers.
   *
   * @return integers, scales and range
   */
  public QuantizedTensor unpack() {
    Tensor unpacked =
        Scope.computeWithoutGradient(() -> stored().to(ScalarType.Char).add_(new Scalar(lowest)));
    return new QuantizedTensor(unpacked, scale.tensor(), offset, lowest, lowest + (1 << bits) - 1);
  }

  /** The integers as distances from the lowest level, of type uint8. */
  private Tensor stored() {
    long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (8 % bits == 0) {
      // No integer lies across two bytes.
      return planes(bits).narrow(0, 0, elements).view(shape);
    }
    Tensor stream = planes(1).narrow(0, 0, elements * bits);
    return gather(stream.view(elements, bits), bits).view(shape);
  }

  /** All bytes cut into parts of some bits, one after the other. */
  private Tensor planes(int width) {
    Tensor[] planes = new Tensor[8 / width];
    for (int i = 0; i < planes.length; i++) {
      planes[i] =
          torch
              .__rshift__(integers.tensor(), new Scalar(i * width))
              .bitwise_and_(new Scalar((1 << width) - 1));
    }
    return torch.stack(new TensorVector(planes), 1).reshape(-1);
  }

  /**
   * The lowest level.
   *
   * @return what a stored 0 stands for
   */
  public int lowest() {
    return lowest;
  }

  /**
   * What is added to each integer.
   *
   * @return 0 for LSQ, 1/2 for StatsQ
   */
  public double offset() {
    return offset;
  }

  /**
   * The bits of an integer.
   *
   * @return from 1 to 8
   */
  public int bits() {
    return bits;
  }

  /**
   * The shape of the weight.
   *
   * @return the sizes, a new array
   */
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public String toString() {
    return "PackedWeight(" + Arrays.toString(shape) + ", " + bits + " bits)";
  }
}
