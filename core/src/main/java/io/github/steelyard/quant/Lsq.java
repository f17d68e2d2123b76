package io.github.steelyard.quant;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Learned step size quantization, {@code y = s round(clamp(x / s, lo, hi))} with a learnable scale
 * s for each slice of x: the baseline for weights, and the quantizer of all activations.
 *
 * <pre>
 * signed:    lo = -2^(b-1), hi = 2^(b-1) - 1;  unsigned: lo = 0, hi = 2^b - 1
 * gradient:  dy/dx = 1 where lo ≤ x/s ≤ hi, else 0
 *            dy/ds = (round(x/s) - x/s) within the range, lo or hi outside,
 *                    times 1 / sqrt(hi · elements of a slice)
 * first s:   2 mean|x| / sqrt(hi) over the slice; 4 mean|x| / sqrt(hi) when unsigned
 * </pre>
 *
 * <p>s is kept at 1e-5 or more in the forward pass, with a straight-through gradient, so that a
 * slice of zeros (whose first scale is 0) is quantized to zeros and can recover. One signed bit is
 * the sign: {@code y = s} for x ≥ 0, else {@code -s}, with the same gradient; the authors' code
 * passes no gradient to x there and has a third level for an x of exactly 0, which one bit cannot
 * store.
 *
 * <p>Papers: Esser et al., Learned Step Size Quantization, ICLR 2020 (arXiv 1902.08153); the slices
 * and the first scales are those of Liu, Liu and Cheng, Oscillation-free Quantization for Low-bit
 * Vision Transformers, ICML 2023 (arXiv 2302.02210), Section 3.
 *
 * <p>The scale takes its size and first value from the first tensor that is quantized; before, it
 * is empty. Later tensors must have as many slices: a quantizer of tokens is bound to the number of
 * tokens. Costs seven passes over the tensor in a forward pass with gradients and four without, X
 *
 * <p>Not for weights of low-bit vision transformers: as s is learned, all thresholds move with it
 * and weights near them oscillate; see {@link StatsQ}.
 */
public final class Lsq extends Parametrization
    implements WeightQuantizer, Exportable, ExportableWeight {
  private static final double SMALLEST_SCALE = 1e-5;

  private final int bits;
  private final Slice slice;
  private final Parameter scale;

  /** 1 when signed; empty where the signedness is fixed. */
  private final Buffer signed;

  private final boolean alwaysUnsigned;
  private Tensor frozen;
  private Tensor frozenIntegers;

  /**
   * A quantizer that has not seen a tensor yet.
   *
   * @param bits the number of bits, from 1 to 8
   * @param slice what shares a scale
   * @param signedness which integers are used
   * @throws IllegalArgumentException if {@code bits} is out of range
   */
  public Lsq(int bits, Slice slice, Signedness signedness) {
    this.bits = Bounds.bits(bits, "LSQ");
    buffer("bits", Bounds.stored(bits));
    this.slice = slice;
    scale = parameter("scale", torch.empty(0));
    signed = signedness == Signedness.FROM_DATA ? buffer("signed", torch.zeros(1)) : null;
    alwaysUnsigned = signedness == Signedness.UNSIGNED;
  }

  @Override
  public Tensor forward(Tensor value) {
    return forward(value, false);
  }

  /**
   * Like {@link #forward(Tensor)}.
   *
   * @param own whether nobody reads the value any more, so that its storage may be overwritten
   */
  Tensor forward(Tensor value, boolean own) {
    if (signed != null && (isTraining() || !isInitialized()) && !isSigned()) {
      noticeSign(value);
    }
    if (!isInitialized()) {
      initialize(value);
    }
    requireScales(value);
    boolean recorded =
        GradMode.is_enabled() && (value.requires_grad() || scale.tensor().requires_grad());
    return recorded
        ? Scope.compute(() -> recorded(value, own))
        : Scope.computeWithoutGradient(() -> quantized(value));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    if (!isInitialized()) {
      throw new ExportException(
          graph.path(), this + " has no scale yet; run the model on data or load its state first");
    }
    long[] shape = input.shape();
    if (slice.scales(shape) != scale.tensor().numel()) {
      throw new ExportException(
          graph.path(),
          this
              + " has "
              + scale.tensor().numel()
              + " scales, which do not fit an input of shape "
              + Arrays.toString(shape)
              + " (-1 is the batch)");
    }
    GraphValue s =
        graph.constant(
            "scale",
            scale.tensor().clamp_min(new Scalar(SMALLEST_SCALE)).view(slice.broadcast(shape)));
    GraphValue ratio = graph.div(input, s);
    GraphValue level =
        isSign()
            // Moved by a half, so that 0 counts as positive.
            ? graph.sign(graph.add(graph.sign(input), graph.scalar(0.5)))
            : graph.round(graph.clamp(ratio, clampLowest(), highestLevel()));
    return graph.mul(level, s);
  }

  @Override
  public GraphValue export(GraphBuilder graph, String name, Tensor value) {
    return quantize(value).export(graph, name);
  }

  private Tensor quantized(Tensor value) {
    Tensor s = clampedScale(value);
    Tensor ratio = ratio(value, s, false);
    return levels(Bounds.clamp_(ratio, clampLowest(), highestLevel()).round_(), value).mul_(s);
  }

  /**
   * Records y = x s as one product of x and s, which has exactly LSQ's gradient once the factors
   * that it saved are replaced: what is saved of s is multiplied into the gradient of x, what is
   * saved of x into that of s. In the forward pass the factors are the level and s.
   */
  private Tensor recorded(Tensor value, boolean own) {
    Tensor s = clampedScale(value);
    List<Tensor> factors = Scope.computeWithoutGradient(() -> factors(value, s, own));
    Tensor level = factors.get(0);
    Tensor x = value.alias();
    x.set_data(level);
    Tensor learned = recordedScale(s, value);
    Tensor y = x.mul(learned);
    x.set_data(factors.get(2));
    learned.set_data(factors.get(1));
    return y;
  }

  /**
   * In x's shape: the level; dy/dx, which is 1 within the range, else 0; and K, which is round(x/s)
   * - x/s within the range, the level outside.
   */
  private List<Tensor> factors(Tensor value, Tensor s, boolean own) {
    Tensor ratio = ratio(value, s, own);
    OpenRange range = OpenRange.around(clampLowest(), highestLevel(), ratio);
    range.clamp_(ratio);
    Tensor within = range.indicate(ratio);
    Tensor level = levels(ratio.round(), value.detach());
    // Nothing is saved of x where s does not learn.
    Tensor slope =
        scale.tensor().requires_grad() ? level.addcmul(ratio, within, new Scalar(-1.0)) : level;
    return List.of(level, within, slope);
  }

  /** s, of which a gradient is recorded with LSQ's coefficient. */
  private Tensor recordedScale(Tensor s, Tensor value) {
    double coefficient =
        1
            / Math.sqrt(
                highestLevel() * Math.max(1.0, (double) value.numel()) / scale.tensor().numel());
    Tensor recorded = scale.tensor().view(s.shape()).mul(new Scalar(coefficient));
    recorded.set_data(s);
    return recorded;
  }

  /** x / s; out of every range where an integer is frozen. */
  private Tensor ratio(Tensor value, Tensor s, boolean own) {
    Tensor x = value.detach();
    // The sign of x decides about a single bit, so x must stay.
    boolean inPlace = own && !isSign() && x.scalar_type().intern() == s.scalar_type().intern();
    Tensor ratio = inPlace ? x.div_(s) : x.div(s);
    return frozen == null
        ? ratio
        : ratio.masked_fill_(frozen, new Scalar(Double.POSITIVE_INFINITY));
  }

  /** The levels of rounded ratios, except where x itself or what is frozen decides. */
  private Tensor levels(Tensor rounded, Tensor value) {
    Tensor level =
        isSign()
            ? value
                .ge(new Scalar(0.0))
                .to(rounded.scalar_type().intern())
                .mul_(new Scalar(2.0))
                .sub_(new Scalar(1.0))
            : rounded;
    if (frozen == null) {
      return level;
    }
    return torch.where(frozen, frozenIntegers.to(level.scalar_type().intern()), level);
  }

  private Tensor clampedScale(Tensor value) {
    return scale
        .tensor()
        .detach()
        .clamp_min(new Scalar(SMALLEST_SCALE))
        .view(slice.broadcast(value.shape()));
  }

  private void noticeSign(Tensor value) {
    Scope.withoutGradient(
        () -> {
          if (value.numel() > 0 && value.min().item_double() < -1e-5) {
            signed.tensor().fill_(new Scalar(1.0));
          }
        });
  }

  private void initialize(Tensor value) {
    if (value.numel() == 0) {
      throw new IllegalArgumentException(
          this
              + " cannot take its first scale from an empty tensor of shape "
              + Arrays.toString(value.shape()));
    }
    Scope.withoutGradient(
        () -> {
          double factor = isSigned() ? 2 : 4;
          Tensor magnitude =
              value
                  .detach()
                  .to(scale.tensor().scalar_type().intern())
                  .abs()
                  .mean(slice.reduced(value.shape()), false, new ScalarTypeOptional());
          Tensor first = magnitude.mul(new Scalar(factor / Math.sqrt(highestLevel()))).reshape(-1);
          if (!first.isfinite().all().item_bool()) {
            throw new IllegalArgumentException(
                this + " cannot take its first scale from a tensor with NaN or infinite values");
          }
          allocate(first);
        });
  }

  /** Gives the scale its size and first value. */
  void allocate(Tensor first) {
    scale.tensor().set_data(first.clone());
  }

  private void requireScales(Tensor value) {
    long there = scale.tensor().numel();
    if (slice.scales(value.shape()) != there) {
      throw new ShapeException(
          this,
          "with "
              + there
              + " slices along dimension "
              + slice.dimension(value.shape())
              + " (one for each scale)",
          value);
    }
  }

  /**
   * Whether the scale has been set by a first tensor.
   *
   * @return false until then
   */
  public boolean isInitialized() {
    return scale.tensor().numel() > 0;
  }

  /**
   * Whether negative integers are used.
   *
   * @return for {@link Signedness#FROM_DATA} what was seen so far
   */
  public boolean isSigned() {
    return signed == null ? !alwaysUnsigned : signed.tensor().item_double() != 0;
  }

  private boolean isSign() {
    return bits == 1 && isSigned();
  }

  private double clampLowest() {
    return isSign() ? -1 : isSigned() ? -(1 << (bits - 1)) : 0;
  }

  private double highestLevel() {
    return isSign() ? 1 : isSigned() ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  }

  /**
   * The learned scale.
   *
   * @return one value for each slice; empty before the first tensor
   */
  public Parameter scale() {
    return scale;
  }

  /**
   * What shares a scale.
   *
   * @return the slice
   */
  public Slice slice() {
    return slice;
  }

  /**
   * Holds some integers fixed whatever the latent weights do, as iterative freezing does (Nagel et
   * al., Overcoming Oscillations in Quantization-Aware Training, ICML 2022): they pass no gradient
   * to the weight, and the scale sees them as constants.
   *
   * @param mask true where an integer is held, in the weight's shape; copied
   * @param integers the integers to hold, in the weight's shape; copied
   */
  public void freeze(Tensor mask, Tensor integers) {
    Scope.withoutGradient(
        () -> {
          Tensor level = isSign() ? integers.mul(new Scalar(2)).sub_(new Scalar(1)) : integers;
          if (frozen == null) {
            frozen = Scope.keep(mask.detach().clone());
            frozenIntegers = Scope.keep(level.detach().clone());
          } else { // In place: this is called at each step.
            frozen.copy_(mask);
            frozenIntegers.copy_(level);
          }
        });
  }

  /** Lets all integers follow the latent weights again; without {@link #freeze} nothing happens. */
  public void unfreeze() {
    if (frozen != null) {
      frozen.close();
      frozenIntegers.close();
      frozen = null;
      frozenIntegers = null;
    }
  }

  @Override
  protected void checkState(String path, Map<String, Tensor> state) {
    Bounds.requireBits(bits, path, state);
  }

  @Override
  public int bits() {
    return bits;
  }

  @Override
  public int lowest() {
    return isSign() ? 0 : (int) clampLowest();
  }

  @Override
  public int highest() {
    return isSign() ? 1 : (int) highestLevel();
  }

  @Override
  public Tensor position(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor ratio = weight.detach().div(clampedScale(weight));
          if (isSign()) {
            return Bounds.clamp_(ratio, -1, 1).mul_(new Scalar(0.5)).add_(new Scalar(0.5));
          }
          return Bounds.clamp_(ratio, clampLowest(), highestLevel());
        });
  }

  @Override
  public QuantizedTensor quantize(Tensor weight) {
    List<Tensor> parts =
        Scope.computeWithoutGradient(
            () -> {
              Tensor s = clampedScale(weight);
              Tensor ratio = weight.detach().div(s);
              Tensor rounded = Bounds.clamp_(ratio, clampLowest(), highestLevel()).round_();
              Tensor level = levels(rounded, weight.detach());
              return isSign()
                  ? List.of(
                      level.add(new Scalar(1.0)).mul_(new Scalar(0.5)).to(ScalarType.Char),
                      s.mul(new Scalar(2.0)))
                  : List.of(level.to(ScalarType.Char), s.clone());
            });
    return new QuantizedTensor(
        parts.get(0), parts.get(1), isSign() ? -0.5 : 0, lowest(), highest());
  }

  @Override
  public String toString() {
    return "LSQ(" + bits + " bits, " + slice + (isSigned() ? ", signed)" : ", unsigned)");
  }
}
