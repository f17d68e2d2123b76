package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LSQ, StatsQ and shifts against the formulas, written out as plain recorded operations. */
class QuantizersTest {
  private static final long[] MATRIX = {4, 6};
  private static final long[] TOKENS = {3, 4, 6};
  private static final long[] HEADS = {2, 3, 4, 5};
  private static final long[] IMAGES = {2, 3, 4, 4};

  /** A slice, a shape and the dimensions that share a scale. */
  private static final class Case {
    private final Slice slice;
    private final long[] shape;
    private final long[] reduced;

    Case(Slice slice, long[] shape, long... reduced) {
      this.slice = slice;
      this.shape = shape;
      this.reduced = reduced;
    }

    @Override
    public String toString() {
      return slice + " of " + Arrays.toString(shape);
    }
  }

  private static List<Arguments> cases() {
    List<Case> slices =
        List.of(
            new Case(Slice.TENSOR, MATRIX, new long[] {0, 1}),
            new Case(Slice.INPUT, MATRIX, new long[] {0, 1}),
            new Case(Slice.INPUT, TOKENS, new long[] {0, 2}),
            new Case(Slice.TOKEN, TOKENS, new long[] {0, 2}),
            new Case(Slice.TOKEN, HEADS, new long[] {0, 1, 3}),
            new Case(Slice.CHANNEL, TOKENS, new long[] {0, 1}),
            new Case(Slice.IMAGE_CHANNEL, IMAGES, new long[] {0, 2, 3}),
            new Case(Slice.OUTPUT_CHANNEL, MATRIX, new long[] {1}),
            new Case(Slice.OUTPUT_CHANNEL, IMAGES, new long[] {1, 2, 3}));
    List<Arguments> all = new ArrayList<>();
    for (Case slice : slices) {
      for (int bits = 1; bits <= 8; bits++) {
        all.add(Arguments.of(slice, bits, true));
        all.add(Arguments.of(slice, bits, false));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givenASliceAndBits_whenLsqRuns_thenValuesAndGradientsAreThoseOfTheFormula(
      Case given, int bits, boolean signed) {
    Seeds.set(bits);
    Tensor data = torch.randn(given.shape).to(ScalarType.Double);
    Tensor x = (signed ? data : data.abs()).mul(new Scalar(2.0)).set_requires_grad(true);
    Lsq lsq = new Lsq(bits, given.slice, signed ? Signedness.SIGNED : Signedness.UNSIGNED);
    lsq.to(ScalarType.Double);
    double lo = signed ? bits == 1 ? -1 : -Math.pow(2, bits - 1) : 0;
    double hi = signed ? bits == 1 ? 1 : Math.pow(2, bits - 1) - 1 : Math.pow(2, bits) - 1;

    Tensor y = lsq.forward(x);
    Tensor weights = torch.randn(given.shape).to(ScalarType.Double);
    y.mul(weights).sum().backward();

    Tensor first =
        x.detach()
            .abs()
            .mean(given.reduced, true, new ScalarTypeOptional())
            .mul(new Scalar((signed ? 2 : 4) / Math.sqrt(hi)));
    assertClose(lsq.scale().tensor().detach(), first.reshape(-1));
    // From the scale that it took, so that no ratio falls on another side of a threshold.
    Tensor s = lsq.scale().tensor().detach().view(first.shape()).clone().set_requires_grad(true);
    Tensor plainX = x.detach().clone().set_requires_grad(true);
    Tensor plain = plainLsq(plainX, s, lo, hi, bits == 1 && signed);
    plain.mul(weights).sum().backward();
    assertThat(torch.equal(y, exactLsq(x.detach(), s.detach(), lo, hi, bits == 1 && signed)))
        .isTrue();
    assertClose(x.grad(), plainX.grad());
    assertClose(lsq.scale().grad(), s.grad().reshape(-1));
  }

  private static Tensor level(Tensor ratio, Tensor x, double lo, double hi, boolean sign) {
    return sign
        ? x.ge(new Scalar(0.0)).to(ScalarType.Double).mul(new Scalar(2.0)).sub(new Scalar(1.0))
        : clamp(ratio, lo, hi).round();
  }

  private static Tensor exactLsq(Tensor x, Tensor s, double lo, double hi, boolean sign) {
    return level(x.div(s), x, lo, hi, sign).mul(s);
  }

  private static Tensor plainLsq(Tensor x, Tensor s, double lo, double hi, boolean sign) {
    double coefficient = 1 / Math.sqrt(hi * x.numel() / s.numel());
    Tensor part = s.mul(new Scalar(coefficient));
    Tensor scaled = part.add(s.sub(part).detach());
    Tensor clamped = clamp(x.div(scaled), lo, hi);
    Tensor level = level(x.div(scaled), x, lo, hi, sign).detach();
    return clamped.add(level.sub(clamped).detach()).mul(scaled);
  }

  private static Tensor clamp(Tensor tensor, double lo, double hi) {
    return tensor.clamp(new ScalarOptional(new Scalar(lo)), new ScalarOptional(new Scalar(hi)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenBits_whenStatsQRuns_thenValuesAreTheFormulasAndTheGradientPassesEverywhere(int bits) {
    for (long[] shape : List.of(MATRIX, TOKENS, IMAGES)) {
      Seeds.set(bits);
      Tensor w = torch.randn(shape).set_requires_grad(true);
      StatsQ quantizer = new StatsQ(bits);
      Tensor upstream = torch.randn(shape);

      Tensor q = quantizer.forward(w);
      q.mul(upstream).sum().backward();

      double n = Math.pow(2, bits - 1);
      long[] reduced =
          shape.length == 2
              ? new long[] {1}
              : shape.length == 3 ? new long[] {0, 2} : new long[] {1, 2, 3};
      Tensor s =
          w.detach().abs().mean(reduced, true, new ScalarTypeOptional()).mul(new Scalar(2.0));
      Tensor u = clamp(w.detach().div(s), -1, 1 - 1e-6).mul(new Scalar(n)).sub(new Scalar(0.5));
      Tensor expected = u.round().add(new Scalar(0.5)).div(new Scalar(n)).mul(s);
      assertClose(q.detach(), expected);
      assertThat(torch.equal(w.grad(), upstream)).isTrue();
      QuantizedTensor integers = quantizer.quantize(w);
      assertThat(torch.equal(integers.dequantize(), q.detach())).isTrue();
      assertThat(torch.equal(integers.integers().to(ScalarType.Float), u.round())).isTrue();
    }
  }

  @Test
  void givenShifts_whenActivationsAreQuantized_thenTheyAreAddedBeforeAndAfter() {
    Seeds.set(4);
    Tensor x = torch.randn(2, 4, 6);
    ActivationQuantizer quantizer =
        new ActivationQuantizer(
            ActivationQuantizerConfiguration.of(3, Slice.TOKEN, Signedness.SIGNED, 6));
    quantizer.forward(x);
    Tensor before = quantizer.ownParameters().get("shift_before").tensor();
    Tensor after = quantizer.ownParameters().get("shift_after").tensor();
    before.set_data(torch.randn(6));
    after.set_data(torch.randn(6));

    Tensor y = quantizer.forward(x);
    y.sum().backward();

    Tensor expected = quantizer.quantizer().forward(x.add(before.detach())).add(after.detach());
    assertThat(torch.equal(y, expected)).isTrue();
    // Each of 8 tokens adds 1 to the gradient of a channel, before it only within the range.
    assertThat(torch.equal(after.grad(), torch.ones(6).mul(new Scalar(8.0)))).isTrue();
    assertThat(before.grad().max().item_double()).isBetween(1.0, 8.0);
  }

  @Test
  void givenShiftsOfImages_whenActivationsAreQuantized_thenEachChannelHasItsOwn() {
    Tensor x = torch.randn(2, 3, 4, 4);
    ActivationQuantizer quantizer =
        new ActivationQuantizer(
            ActivationQuantizerConfiguration.of(4, Slice.IMAGE_CHANNEL, Signedness.SIGNED, 3));
    Tensor plain = quantizer.forward(x).detach();
    quantizer.ownParameters().get("shift_after").tensor().set_data(torch.tensor(1f, 2f, 3f));

    Tensor shifted = quantizer.forward(x);

    Tensor by = torch.tensor(1f, 2f, 3f).view(1, 3, 1, 1);
    assertThat(torch.equal(shifted, plain.add(by))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsq", "statsq"})
  void givenZeroRows_whenWeightsAreQuantized_thenTheyStayFiniteAndTheGradientPasses(String method) {
    for (int bits = 1; bits <= 8; bits++) {
      Tensor w = torch.randn(4, 6);
      w.select(0, 1).zero_();
      w.set_requires_grad(true);
      WeightQuantizer quantizer = Quantizers.create(method, bits);

      Tensor q = ((Parametrization) quantizer).forward(w);
      q.sum().backward();

      // One bit has no level at zero: LSQ's smallest scale is what is left.
      double left = method.equals("lsq") && bits == 1 ? 1.1e-5 : 0;
      assertThat(q.select(0, 1).abs().max().item_double()).isLessThanOrEqualTo(left);
      assertThat(q.isfinite().all().item_bool()).isTrue();
      assertThat(torch.equal(w.grad().select(0, 1), torch.ones(6))).isTrue();
      QuantizedTensor stored = quantizer.quantize(w);
      assertThat(torch.equal(stored.dequantize(), q.detach())).isTrue();
      assertThat(torch.equal(new PackedWeight(stored).value(), q.detach())).isTrue();
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    double norm = expected.norm().item_double();
    assertThat(actual.sub(expected).norm().item_double()).isLessThanOrEqualTo(1e-6 * norm + 1e-12);
  }
}
