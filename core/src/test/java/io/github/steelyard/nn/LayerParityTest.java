package io.github.steelyard.nn;

import static io.github.steelyard.nn.Reference.assertClose;
import static io.github.steelyard.nn.Reference.fill;
import static io.github.steelyard.nn.Reference.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.github.steelyard.nn.models.SwinTransformer;
import io.github.steelyard.nn.models.SwinTransformerConfiguration;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers give PyTorch's and timm's numbers: outputs, gradients and running statistics. */
@Tag("once")
class LayerParityTest {
  private static final double TOLERANCE = 1e-5;
  private static TrainingParity parity;

  record Case(String name, Supplier<Module> layer, List<Long> shape) {
    Case(String name, Supplier<Module> layer, long... shape) {
      this(name, layer, Arrays.stream(shape).boxed().toList());
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("linear", () -> new Linear(6, 4), 3, 5, 6),
        new Case("linear_without_bias", () -> new Linear(6, 4, false), 3, 6),
        new Case(
            "conv2d",
            () ->
                new Conv2d(
                    Conv2dConfiguration.of(4, 6, 3).withStride(2).withPadding(1).withGroups(2)),
            2,
            4,
            9,
            8),
        new Case(
            "conv2d_rectangular",
            () ->
                new Conv2d(
                    new Conv2dConfiguration(
                        2,
                        3,
                        new Size2d(3, 2),
                        new Size2d(1, 2),
                        new Size2d(2, 1),
                        new Size2d(1, 2),
                        1,
                        false)),
            2,
            2,
            7,
            8),
        new Case("batchnorm2d", () -> new BatchNorm2d(3), 4, 3, 5, 5),
        new Case("batchnorm1d", () -> new BatchNorm1d(5, 0.3, 1e-3), 8, 5),
        new Case("layernorm", () -> new LayerNorm(8, 1e-6), 2, 3, 8),
        new Case("transformer_mlp", () -> new Mlp(8, 16, 0), 2, 3, 8),
        new Case("attention", () -> new Attention(AttentionConfiguration.of(12, 3)), 2, 5, 12),
        new Case(
            "attention_qk_norm",
            () -> new Attention(new AttentionConfiguration(12, 3, false, true, 0, 0)),
            2,
            5,
            12),
        new Case("patch_embed", () -> new PatchEmbed(8, 4, 3, 10), 2, 3, 8, 8),
        new Case("maxpool", () -> new MaxPool2d(3, 2, 1), 2, 3, 7, 8),
        new Case("avgpool", () -> new AvgPool2d(3, 2, 1), 2, 3, 7, 8),
        new Case("adaptive_avgpool", () -> new AdaptiveAvgPool2d(new Size2d(2, 3)), 2, 3, 7, 8),
        new Case("gelu", GELU::new, 3, 7),
        new Case("silu", SiLU::new, 3, 7),
        new Case("tanh", Tanh::new, 3, 7),
        new Case("sigmoid", Sigmoid::new, 3, 7),
        new Case("relu", ReLU::new, 3, 7),
        new Case("relu6", () -> fourTimes(new ReLU6()), 5, 11),
        new Case("hardswish", () -> fourTimes(new Hardswish()), 5, 11),
        new Case("hardsigmoid", () -> fourTimes(new Hardsigmoid()), 5, 11),
        new Case(
            "conv2d_depthwise",
            () ->
                new Conv2d(
                    Conv2dConfiguration.of(6, 6, 5).withStride(2).withPadding(2).withGroups(6)),
            2,
            6,
            9,
            8),
        new Case("layernorm2d", () -> new LayerNorm2d(6), 2, 6, 4, 3),
        new Case(
            "squeeze_excite",
            () -> new SqueezeExcite(12, 4, Activation.SILU, Activation.SIGMOID),
            2,
            12,
            4,
            3),
        new Case(
            "squeeze_excite_hard",
            () -> new SqueezeExcite(12, 4, Activation.RELU, Activation.HARDSIGMOID),
            2,
            12,
            4,
            3),
        new Case("swin_odd", () -> new SwinTransformer(oddMaps()), 2, 2, 18, 18));
  }

  /** Inputs in [-8, 8), so that every linear part of an activation is reached. */
  private static Module fourTimes(Module activation) {
    return new Module() {
      private final Submodule place = submodule("1", activation);

      @Override
      public Tensor forward(Tensor input) {
        return place.forward(input.mul(new Scalar(4.0)));
      }
    };
  }

  /** Maps of side 9 and 5: padded for windows of 4 and before they are halved. */
  private static SwinTransformerConfiguration oddMaps() {
    return new SwinTransformerConfiguration(
        18, 2, 2, 3, 8, List.of(2, 2), List.of(2, 4), 4, 2, TransformerDropout.none());
  }

  @BeforeAll
  static void readReference() {
    parity = new TrainingParity();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givenALayerInTraining_whenItRunsForwardAndBackward_thenTheNumbersArePyTorchs(Case layer) {
    parity.assertLayer(
        layer.name(),
        fill(layer.layer().get()),
        layer.shape().stream().mapToLong(n -> n).toArray());
  }

  @Test
  void givenATableWithPadding_whenItIsTrained_thenThePaddingEntryGetsNoGradient() {
    Embedding table = fill(new Embedding(7, 3, OptionalLong.of(2)));
    Scope.run(
        () -> {
          Tensor indices =
              torch
                  .tensor(new long[] {0, 2, 6, 6, 1, 2}, new TensorOptions(ScalarType.Long))
                  .reshape(2, 3);
          Tensor output = table.forward(indices);
          output.mul(noise(1001, output.shape()).to(ScalarType.Float)).sum().backward();
          assertClose("output", output, parity.expected("embedding.output"), TOLERANCE);
          assertClose(
              "weight", table.weight().grad(), parity.expected("embedding.grad.weight"), TOLERANCE);
          assertThat(table.weight().grad().select(0, 2).abs().sum().item_double()).isZero();
        });
  }

  @Test
  void givenSomebodyReadsTheProbabilitiesInShiftedWindows_whenTheModelRuns_thenNothingChanges() {
    Module model = fill(new SwinTransformer(oddMaps()));
    Scope.run(
        () -> {
          Tensor input = TrainingParity.input(2, 2, 18, 18);
          Tensor fused = model.forward(input);
          try (Tap.Registration reading =
              model
                  .getTap("layers.0.blocks.1.attn.probabilities")
                  .observe(
                      p -> {
                        assertThat(p.shape()).containsExactly(2 * 9, 2, 16, 16);
                        // The last window holds four parts that the shift brought together.
                        Tensor last = p.select(0, 8);
                        assertThat(last.select(1, 0).select(1, 15).max().item_double())
                            .isLessThan(1e-30);
                        assertThat(last.select(1, 0).select(1, 1).min().item_double())
                            .isGreaterThan(1e-6);
                      })) {
            assertThat(reading).isNotNull();
            assertClose("output", model.forward(input), fused, 1e-6);
          }
        });
  }

  @Test
  void givenSomebodyReadsTheProbabilities_whenAttentionRuns_thenTheOutputStaysTheSame() {
    Attention attention = fill(new Attention(AttentionConfiguration.of(12, 3)));
    Scope.run(
        () -> {
          Tensor input = TrainingParity.input(2, 5, 12);
          Tensor fused = attention.forward(input);
          double[] sum = new double[1];
          try (Tap.Registration reading =
              attention
                  .getTap("probabilities")
                  .observe(
                      p -> {
                        assertThat(p.shape()).containsExactly(2, 3, 5, 5);
                        sum[0] = p.sum().item_double();
                      })) {
            assertThat(reading).isNotNull();
            assertClose("output", attention.forward(input), fused, 1e-6);
          }
          assertThat(sum[0]).isCloseTo(2 * 3 * 5, offset(1e-4));
        });
  }
}
