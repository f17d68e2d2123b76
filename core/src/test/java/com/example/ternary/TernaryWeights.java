package com.example.ternary;

import io.github.steelyard.quant.QuantizedTensor;
import io.github.steelyard.quant.QuantizerEntry;
import io.github.steelyard.quant.QuantizerProvider;
import io.github.steelyard.quant.WeightQuantizer;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Ternary weights (Li, Zhang and Liu, "Ternary Weight Networks", 2016, arXiv 1605.04711): each
 * weight becomes -a, 0 or a, nearest in the square to the latent weights of its channel.
 *
 * <pre>
 * delta = 0.7 mean|w| over an output channel
 * q(w)  = a sign(w) where |w| &gt; delta, else 0
 * a     = mean of |w| over the weights with |w| &gt; delta
 * gradient: dq/dw = 1
 * </pre>
 *
 * <p>Always 2 bits. A foreign quantizer in one file: everything but the formula is inherited.
 */
public final class TernaryWeights extends WeightQuantizer {
  /** The paper's factor, the best for weights that are distributed evenly or normally. */
  private static final double FACTOR = 0.7;

  /**
   * A quantizer.
   *
   * @param bits 2
   */
  public TernaryWeights(int bits) {
    super(bits, "TWN");
  }

  @Override
  public int lowest() {
    return -1;
  }

  @Override
  public int highest() {
    return 1;
  }

  @Override
  public boolean keepsZeros() {
    return true;
  }

  /** The thresholds lie at delta, so a step on the line of integers is 2 delta long. */
  @Override
  public Tensor position(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor step = mean(weight.abs()).mul_(new Scalar(2 * FACTOR));
          Tensor divisor = torch.where(step.eq(new Scalar(0.0)), torch.ones_like(step), step);
          return torch.hardtanh(weight.div(divisor), new Scalar(-1.0), new Scalar(1.0));
        });
  }

  @Override
  public QuantizedTensor quantize(Tensor weight) {
    Tensor integers = integers(weight);
    Tensor scale =
        Scope.computeWithoutGradient(
            () -> {
              Tensor far = integers.abs().to(weight.scalar_type());
              Tensor count = mean(far);
              Tensor divisor =
                  torch.where(count.eq(new Scalar(0.0)), torch.ones_like(count), count);
              return mean(far.mul(weight.abs())).div_(divisor);
            });
    return new QuantizedTensor(integers, scale, 0, lowest(), highest());
  }

  private static Tensor mean(Tensor weight) {
    long[] rest = LongStream.range(1, weight.dim()).toArray();
    return weight.mean(rest, true, new ScalarTypeOptional());
  }

  @Override
  public String toString() {
    return "TWN(2 bits)";
  }

  /** Registers it. */
  public static final class Provider implements QuantizerProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public List<QuantizerEntry<?>> quantizers() {
      return List.of(
          new QuantizerEntry<>(
              "twn",
              "levels -a, 0 and a, nearest to the weights of a channel",
              TernaryWeights.class,
              2,
              2,
              TernaryWeights::new));
    }
  }
}
