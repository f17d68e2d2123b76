package io.github.steelyard.quant;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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
 * <p>s is kept at 1e-5 or more, with a straight-through gradient, so that a slice of zeros is
 * quantized to zeros and can recover. In training the stored scale is brought back too: the
 * authors' code lets it wander below zero, from where it returns as slowly as it went; {@link
 * ScaleTracking} counts such scales. One signed bit is the sign: {@code y = s} for x ≥ 0, else
 * {@code -s}, with the same gradient; the authors' code passes no gradient to x there and has a
 * third level for an x of exactly 0, which one bit cannot store.
 *
 * <p>Papers: Esser et al., Learned Step Size Quantization, ICLR 2020 (arXiv 1902.08153); the slices
 * and the first scales are those of Liu, Liu and Cheng, Oscillation-free Quantization for Low-bit
 * Vision Transformers, ICML 2023 (arXiv 2302.02210), Section 3.
 *
 * <p>The scale takes its size and first value from the first tensor that is quantized; before, it
 * is empty. Later tensors must have as many slices: a quantizer of tokens is bound to the number of
 * tokens. Costs four passes over the tensor in a forward pass, and in the backward pass three that
 * read two tensors each; until then memory for two tensors of its size.
 *
 * <p>Not for weights of low-bit vision transformers: as s is learned, all thresholds move with it
 * and weights near them oscillate; see {@link StatsQ}.
 */
public final class Lsq extends WeightQuantizer
    implements Exportable, FreezableQuantizer, UniformQuantizer {
  static final String NAME = "lsq";

  private final Slice slice;
  private final LsqScale scale;

  /** 1 when signed; empty where the signedness is fixed. */
  private final Buffer signed;

  private final boolean alwaysUnsigned;
  private final FrozenIntegers frozen = new FrozenIntegers();

  /**
   * A quantizer that has not seen a tensor yet.
   *
   * @param bits the number of bits, from 1 to 8
   * @param slice what shares a scale
   * @param signedness which integers are used
   * @throws IllegalArgumentException if {@code bits} is out of range
   */
  public Lsq(int bits, Slice slice, Signedness signedness) {
    super(bits, "LSQ");
    this.slice = slice;
    scale = new LsqScale(this, slice, parameter("scale", torch.empty(0)));
    signed = signedness == Signedness.FROM_DATA ? buffer("signed", torch.zeros(1)) : null;
    alwaysUnsigned = signedness == Signedness.UNSIGNED;
  }

  @Override
  public Tensor forward(Tensor value) {
    return forward(value, Optional.empty(), Optional.empty());
  }

  /**
   * Like {@link #forward(Tensor)}, of a moved value and moved afterwards.
   *
   * @param before what is added to the value, broadcastable against it
   * @param after what is added to the result
   */
  Tensor forward(Tensor value, Optional<Tensor> before, Optional<Tensor> after) {
    if (signed != null && (isTraining() || !isInitialized()) && !isSigned()) {
      noticeSign(moved(value, before));
    }
    if (!isInitialized()) {
      scale.initialize(moved(value, before), (isSigned() ? 2 : 4) / Math.sqrt(levels().highest()));
    }
    scale.requireFits(value);
    if (isTraining()) {
      scale.hold();
    }
    boolean recorded =
        GradMode.is_enabled()
            && (value.requires_grad()
                || scale.tensor().requires_grad()
                || before.filter(Tensor::requires_grad).isPresent()
                || after.filter(Tensor::requires_grad).isPresent());
    return recorded
        ? Scope.compute(() -> recorded(value, before, after))
        : Scope.computeWithoutGradient(() -> quantized(value, before, after));
  }

  private static Tensor moved(Tensor value, Optional<Tensor> before) {
    return before.isEmpty() ? value : Scope.computeWithoutGradient(() -> value.add(before.get()));
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
    GraphValue s = graph.constant("scale", scale.clamped(scale.tensor(), shape));
    LsqLevels levels = levels();
    GraphValue ratio = graph.div(input, s);
    GraphValue level =
        levels.areSigns()
            // Moved by a half, so that 0 counts as positive.
            ? graph.sign(graph.add(graph.sign(input), graph.scalar(0.5)))
            : graph.round(graph.clamp(ratio, levels.lowest(), levels.highest()));
    return graph.mul(level, s);
  }

  /** Refuses a tensor with another number of slices. */
  void requireFits(Tensor value) {
    scale.requireFits(value);
  }

  /** The scale as it is used, broadcastable against a tensor of a shape. */
  Tensor stepOf(long[] shape) {
    return scale.clamped(scale.tensor().detach(), shape);
  }

  private Tensor recorded(Tensor value, Optional<Tensor> before, Optional<Tensor> after) {
    LsqLevels levels = levels();
    double coefficient =
        1
            / Math.sqrt(
                levels.highest() * Math.max(1.0, (double) value.numel()) / scale.tensor().numel());
    List<Tensor> made =
        Scope.computeWithoutGradient(
            () -> {
              Tensor s = scale.value(value);
              Tensor ratio = ratio(value, before, s).contiguous();
              frozen.outOfRange_(ratio, levels.highest() + 1);
              Tensor level = frozen.over(levels.nearest(ratio));
              // What is added afterwards must not be among the factors of the scale's gradient.
              return after.isEmpty()
                  ? List.of(ratio, level.mul_(s), s.view(-1), level)
                  : List.of(ratio, level, s.new_ones(1), level.mul(s).add_(after.get()));
            });
    OpenRange range = OpenRange.around(levels.lowest(), levels.highest(), made.get(0));
    return new LsqGradient(slice, range, scale.parameter(), coefficient)
        .record(value, before, after, made.get(0), made.get(1), made.get(2), made.get(3));
  }

  private Tensor quantized(Tensor value, Optional<Tensor> before, Optional<Tensor> after) {
    Tensor s = scale.value(value);
    Tensor level = frozen.over(levels().nearest_(ratio(value, before, s)));
    Tensor y = level.mul_(s);
    return after.isEmpty() ? y : y.add_(after.get());
  }

  /** (x + before) / s, a new tensor. */
  private static Tensor ratio(Tensor value, Optional<Tensor> before, Tensor s) {
    Tensor x = value.detach();
    return before.isEmpty() ? x.div(s) : x.add(before.get()).div_(s);
  }

  private void noticeSign(Tensor value) {
    Scope.withoutGradient(
        () -> {
          if (value.numel() > 0 && value.min().item_double() < -1e-5) {
            signed.tensor().fill_(new Scalar(1.0));
          }
        });
  }

  /** Brings scales that learning pushed too low back to the smallest value, and counts these. */
  long holdScale() {
    scale.hold();
    return scale.smallest();
  }

  @Override
  protected void fitState(String path, Map<String, Tensor> state) {
    Tensor stored = state.get(path.isEmpty() ? "scale" : path + ".scale");
    if (stored != null && !isInitialized()) {
      Scope.withoutGradient(() -> scale.allocate(stored.to(scale.tensor().dtype())));
    }
  }

  /**
   * Whether the scale has been set by a first tensor.
   *
   * @return false until then
   */
  public boolean isInitialized() {
    return scale.isInitialized();
  }

  /**
   * Whether negative integers are used.
   *
   * @return for {@link Signedness#FROM_DATA} what was seen so far
   */
  public boolean isSigned() {
    return signed == null ? !alwaysUnsigned : signed.tensor().item_double() != 0;
  }

  private LsqLevels levels() {
    return new LsqLevels(bits(), isSigned());
  }

  /**
   * The learned scale.
   *
   * @return one value for each slice; empty before the first tensor
   */
  public Parameter scale() {
    return scale.parameter();
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
  @Override
  public void freeze(Tensor mask, Tensor integers) {
    Scope.withoutGradient(() -> frozen.hold(mask, levels().ofIntegers(integers)));
  }

  /** Lets all integers follow the latent weights again; without {@link #freeze} nothing happens. */
  @Override
  public void unfreeze() {
    frozen.release();
  }

  /** True but for a single signed bit, which has the levels -s and s. */
  @Override
  public boolean keepsZeros() {
    return bits() > 1 || !isSigned();
  }

  @Override
  public int lowest() {
    return levels().lowestInteger();
  }

  @Override
  public int highest() {
    return levels().highestInteger();
  }

  @Override
  public Tensor position(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> levels().position(weight.detach().div(scale.value(weight))));
  }

  @Override
  public QuantizedTensor quantize(Tensor weight) {
    LsqLevels levels = levels();
    List<Tensor> parts =
        Scope.computeWithoutGradient(
            () -> {
              Tensor s = scale.value(weight);
              Tensor level = frozen.over(levels.nearest_(ratio(weight, Optional.empty(), s)));
              return List.of(levels.integers(level), levels.step(s));
            });
    return new QuantizedTensor(parts.get(0), parts.get(1), offset(), lowest(), highest());
  }

  @Override
  public Tensor thresholdStep(Tensor weight) {
    return Scope.computeWithoutGradient(() -> levels().step(scale.value(weight)));
  }

  @Override
  public double offset() {
    return levels().offset();
  }

  @Override
  public String toString() {
    return "LSQ(" + bits() + " bits, " + slice + (isSigned() ? ", signed)" : ", unsigned)");
  }
}
