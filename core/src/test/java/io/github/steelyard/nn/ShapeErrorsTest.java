package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.SwinTransformerConfiguration;
import io.github.steelyard.nn.models.TransformerDropout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong shapes and settings are refused in words, not by libtorch. */
class ShapeErrorsTest {
  record Wrong(String message, Supplier<Module> layer, List<Long> shape) {
    Wrong(String message, Supplier<Module> layer, long... shape) {
      this(message, layer, Arrays.stream(shape).boxed().toList());
    }

    @Override
    public String toString() {
      return message;
    }
  }

  static Stream<Wrong> wrongInputs() {
    return Stream.of(
        new Wrong(
            "Linear(3 -> 2) expects an input of shape [..., 3]", () -> new Linear(3, 2), 5, 4),
        new Wrong("Linear(3 -> 2)", () -> new Linear(3, 2)),
        new Wrong(
            "Conv2d(3 -> 8, kernel 3x3) expects an input of shape [n, 3, height >= 3, width >= 3]",
            () -> new Conv2d(Conv2dConfiguration.of(3, 8, 3)),
            2,
            1,
            28,
            28),
        new Wrong(
            "Conv2d(1 -> 8, kernel 5x5)",
            () -> new Conv2d(Conv2dConfiguration.of(1, 8, 5).withPadding(1)),
            2,
            1,
            2,
            8),
        new Wrong("BatchNorm2d(3) expects", () -> new BatchNorm2d(3), 2, 4, 5, 5),
        new Wrong("several values per channel", () -> new BatchNorm2d(3), 1, 3, 1, 1),
        new Wrong("BatchNorm1d(3) expects", () -> new BatchNorm1d(3), 2, 3, 5, 5),
        new Wrong("LayerNorm(4) expects", () -> new LayerNorm(4), 2, 3),
        new Wrong(
            "Attention(8, 2 heads) expects an input of shape [n, tokens, 8]",
            () -> new Attention(AttentionConfiguration.of(8, 2)),
            2,
            8),
        new Wrong(
            "WindowAttention(8, 2 heads, 9 tokens) expects an input of shape [a multiple of 4, 9, 8]",
            () -> windowAttention(2, 4, 9),
            6,
            9,
            8),
        new Wrong("Linear(8 -> 16) expects", () -> new Mlp(8, 16, 0), 2, 7),
        new Wrong(
            "PatchEmbed(28x28, patch 7) expects an input of shape [n, 1, 28, 28]",
            () -> new PatchEmbed(28, 7, 1, 8),
            2,
            1,
            32,
            32),
        new Wrong("MaxPool2d(kernel 3) expects", () -> new MaxPool2d(3), 2, 4, 2, 2),
        new Wrong("AvgPool2d(kernel 3) expects", () -> new AvgPool2d(3), 4, 4),
        new Wrong("AdaptiveAvgPool2d(1x1)", () -> new AdaptiveAvgPool2d(Size2d.square(1)), 4, 4),
        new Wrong("Flatten expects", Flatten::new),
        new Wrong("DropPath(0.5) expects", () -> new DropPath(0.5)));
  }

  @ParameterizedTest
  @MethodSource("wrongInputs")
  void givenAWrongShape_whenALayerRuns_thenTheErrorNamesLayerExpectedAndGiven(Wrong wrong) {
    long[] shape = wrong.shape().stream().mapToLong(n -> n).toArray();
    Module layer = wrong.layer().get();
    assertThatThrownBy(() -> layer.forward(torch.zeros(shape)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining(wrong.message())
        .hasMessageEndingWith("but was given " + Arrays.toString(shape));
  }

  @Test
  void givenAWrongShapeDeepInAModel_whenItRuns_thenTheErrorNamesTheLayersPath() {
    Module network = Models.create("resnet20", ModelOptions.none());
    network.setSubmodule("layer2.1.conv2", new Conv2d(Conv2dConfiguration.of(5, 32, 3)));
    assertThatThrownBy(() -> network.forward(torch.zeros(1, 3, 32, 32)))
        .hasMessageStartingWith("layer2.1.conv2: Conv2d(5 -> 32, kernel 3x3) expects")
        .hasMessageEndingWith("but was given [1, 32, 16, 16]");
  }

  static Stream<Supplier<Object>> wrongSettings() {
    Conv2dConfiguration convolution = Conv2dConfiguration.of(4, 6, 3);
    return Stream.of(
        () -> new Linear(0, 2),
        () -> Conv2dConfiguration.of(4, 6, 0),
        () -> convolution.withStride(0),
        () -> convolution.withPadding(-1),
        () -> convolution.withDilation(0),
        () -> convolution.withGroups(4),
        () -> new BatchNorm2d(3, 0, 1e-5),
        () -> new BatchNorm1d(3, 0.1, 0),
        () -> new LayerNorm(3, Double.NaN),
        () -> new Dropout(1),
        () -> new DropPath(-0.1),
        () -> AttentionConfiguration.of(10, 3),
        () -> new Embedding(3, 2, java.util.OptionalLong.of(3)),
        () -> new MaxPool2d(2, 2, 2),
        () -> new PatchEmbed(28, 5, 1, 8),
        () -> windowAttention(4, 4, 9),
        () -> windowAttention(2, 4, 8),
        () -> new WindowBias(0, Size2d.square(3), Optional.empty()),
        () -> new WindowBias(2, Size2d.square(0), Optional.empty()),
        () -> swin(List.of(2, 2), List.of(2), 0),
        () -> swin(List.of(2, 0), List.of(2, 2), 0),
        () -> swin(List.of(), List.of(), 0),
        () -> swin(List.of(2), List.of(2), 0.1));
  }

  private static Module windowAttention(long heads, long windows, long tokens) {
    Tensor mask = torch.zeros(windows, tokens, tokens);
    return new WindowAttention(
        AttentionConfiguration.of(8, 2),
        new WindowBias(heads, Size2d.square(3), Optional.of(mask)));
  }

  private static Object swin(List<Integer> depths, List<Integer> heads, double position) {
    return new SwinTransformerConfiguration(
        16, 2, 1, 3, 8, depths, heads, 4, 2, new TransformerDropout(0, position, 0, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("wrongSettings")
  void givenAWrongSetting_whenALayerIsMade_thenItIsRefused(Supplier<Object> layer) {
    assertThatThrownBy(layer::get)
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .matches("[A-Za-z0-9]+: .*(must|divide).*");
  }

  @Test
  void givenAnIndexOutOfTheTable_whenItIsLookedUp_thenTheErrorNamesIt() {
    Embedding table = new Embedding(5, 2);
    assertThatThrownBy(
            () ->
                table.forward(torch.tensor(new long[] {0, 5}, new TensorOptions(ScalarType.Long))))
        .hasMessage("Embedding(5 x 2) expects indices in [0, 5), but was given 5");
    assertThatThrownBy(() -> table.forward(torch.zeros(2)))
        .hasMessageContaining("expects indices of type int64");
    assertThat(
            table.forward(torch.zeros(new long[] {0}, new TensorOptions(ScalarType.Long))).shape())
        .containsExactly(0, 2);
  }
}
