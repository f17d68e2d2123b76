package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.nn.models.VisionTransformer;
import io.github.steelyard.nn.models.VisionTransformerConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** First weights have PyTorch's distributions, and every draw comes from the seeded generator. */
class RandomnessTest {
  @BeforeEach
  void seed() {
    Seeds.set(20261124);
  }

  private static double deviation(Tensor tensor) {
    return Scope.computeWithoutGradient(() -> tensor.std().item_double());
  }

  private static double largest(Tensor tensor) {
    return Scope.computeWithoutGradient(() -> tensor.abs().max().item_double());
  }

  @Test
  void givenALinearOrConvolutionLayer_whenItIsMade_thenItIsUniformByFanIn() {
    Linear linear = new Linear(400, 300);
    assertThat(largest(linear.weight().tensor())).isBetween(0.0499, 0.05);
    assertThat(deviation(linear.weight().tensor())).isCloseTo(0.05 / Math.sqrt(3), offset(2e-4));
    assertThat(largest(linear.bias().orElseThrow().tensor())).isBetween(0.045, 0.05);
    Conv2d convolution = new Conv2d(Conv2dConfiguration.of(64, 96, 5).withGroups(4));
    assertThat(largest(convolution.weight().tensor())).isBetween(0.0499, 0.05);
    assertThat(largest(convolution.bias().orElseThrow().tensor())).isBetween(0.045, 0.05);
  }

  @Test
  void givenAResidualNetwork_whenItIsMade_thenConvolutionsAreKaimingNormal() {
    Module large = Models.create("resnet18", ModelOptions.none());
    Tensor weight = large.stateDict().get("layer4.0.conv1.weight");
    assertThat(deviation(weight)).isCloseTo(Math.sqrt(2.0 / (512 * 9)), offset(2e-4));
    assertThat(largest(weight)).isGreaterThan(0.08);
    Module small = Models.create("resnet20", ModelOptions.none());
    assertThat(deviation(small.stateDict().get("layer3.0.conv1.weight")))
        .isCloseTo(Math.sqrt(2.0 / (32 * 9)), offset(2e-3));
    assertThat(deviation(small.stateDict().get("linear.weight")))
        .isCloseTo(Math.sqrt(2.0 / 64), offset(0.02));
  }

  @Test
  void givenAVisionTransformer_whenItIsMade_thenItIsNormalAsTimms() {
    Module model = Models.create("vit_mini_patch4_32", ModelOptions.none());
    assertThat(deviation(model.stateDict().get("blocks.0.attn.qkv.weight")))
        .isCloseTo(0.02, offset(3e-4));
    assertThat(deviation(model.stateDict().get("pos_embed"))).isCloseTo(0.02, offset(1e-3));
    assertThat(deviation(model.stateDict().get("cls_token"))).isCloseTo(1e-6, offset(3e-7));
    assertThat(largest(model.stateDict().get("blocks.0.mlp.fc1.bias"))).isZero();
    assertThat(largest(model.stateDict().get("patch_embed.proj.weight")))
        .isCloseTo(1 / Math.sqrt(48), offset(1e-3));
  }

  @Test
  void givenALargeDeviation_whenATruncatedNormalIsDrawn_thenNothingIsBeyondTwo() {
    Tensor wide = torch.empty(200_000);
    Initialization.truncatedNormal(wide, 1);
    assertThat(largest(wide)).isBetween(1.99, 2.0);
    // The deviation of a unit normal that is cut at two.
    assertThat(deviation(wide)).isCloseTo(0.8796, offset(0.004));
    Initialization.truncatedNormal(wide, 0.02);
    assertThat(deviation(wide)).isCloseTo(0.02, offset(2e-4));
    assertThat(largest(wide)).isBetween(0.07, 0.13);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "resnet8", "vit_mini_patch7_28"})
  void givenTheSameSeed_whenAModelIsMadeTwice_thenItsWeightsAreTheSame(String name) {
    Module first = Models.create(name, ModelOptions.none());
    seed();
    Module second = Models.create(name, ModelOptions.none());
    second
        .stateDict()
        .forEach(
            (path, tensor) ->
                assertThat(tensor.equal(first.stateDict().get(path))).as(path).isTrue());
  }

  @Test
  void givenDropout_whenItRuns_thenItKeepsTheMeanInTrainingAndDoesNothingInEvaluation() {
    Scope.withoutGradient(
        () -> {
          Dropout dropout = new Dropout(0.25);
          Tensor ones = torch.ones(100, 1000);
          Tensor dropped = dropout.forward(ones);
          assertThat(dropped.mean().item_double()).isCloseTo(1, offset(0.01));
          assertThat(dropped.max().item_double()).isCloseTo(1 / 0.75, offset(1e-6));
          assertThat(dropped.count_nonzero().item_long()).isBetween(74_000L, 76_000L);
          dropout.eval();
          assertThat(dropout.forward(ones)).isSameAs(ones);
        });
  }

  @Test
  void givenDropPath_whenItRuns_thenItDropsWholeSamples() {
    Scope.withoutGradient(
        () -> {
          DropPath path = new DropPath(0.5);
          Tensor ones = torch.ones(2000, 3, 2);
          Tensor perSample = path.forward(ones).sum(1, 2);
          assertThat(perSample.count_nonzero().item_long()).isBetween(900L, 1100L);
          assertThat(perSample.max().item_double()).isEqualTo(12);
          assertThat(perSample.ne(new org.bytedeco.pytorch.Scalar(0.0)).sum().item_long())
              .isEqualTo(perSample.eq(new org.bytedeco.pytorch.Scalar(12.0)).sum().item_long());
          path.eval();
          assertThat(path.forward(ones)).isSameAs(ones);
        });
  }

  @Test
  void givenASavedGenerator_whenItIsRestored_thenEveryKindOfDropoutRepeatsItsDraws() {
    Module model =
        new VisionTransformer(
            new VisionTransformerConfiguration(
                28, 7, 1, 10, 32, 3, 2, 2, false, new TransformerDropout(.1, .2, .1, .3, .5)));
    Scope.withoutGradient(
        () -> {
          Tensor images = torch.randn(4, 1, 28, 28);
          Tensor state = Seeds.generatorState();
          Tensor first = model.forward(images);
          Tensor second = model.forward(images);
          Seeds.restoreGenerator(state);
          assertThat(model.forward(images).equal(first)).isTrue();
          assertThat(model.forward(images).equal(second)).isTrue();
          assertThat(first.equal(second)).isFalse();
        });
  }
}
