package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.nn.TrainingParity;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A network of every family gives its counterpart's outputs and gradients in training. */
@Tag("once")
class NetworkGradientsTest {
  private static TrainingParity parity;

  @BeforeAll
  static void readReference() {
    parity = new TrainingParity();
  }

  static Stream<Arguments> networks() {
    return Stream.of(
        network("resnet8", () -> registered("resnet8"), 4, 1, 28, 28),
        network("vit_mini_patch7_28", () -> registered("vit_mini_patch7_28"), 2, 1, 28, 28),
        network(
            "swin_mini_patch2_window7_28",
            () -> registered("swin_mini_patch2_window7_28"),
            2,
            1,
            28,
            28),
        network(
            "wide_resnet10_1",
            () ->
                Models.create(
                    "wide_resnet28_10",
                    ModelOptions.none().with(o -> o.depth = 10).with(o -> o.width = 1)),
            4,
            3,
            32,
            32),
        network("vgg_cifar_4", () -> SmallNetworks.vgg(List.of()), 4, 1, 32, 32),
        network("small_mobilenet_v2", SmallNetworks::mobileNetV2, 4, 2, 20, 20),
        network("small_efficientnet", SmallNetworks::efficientNet, 4, 2, 20, 20),
        network("small_mobilenet_v3", SmallNetworks::mobileNetV3, 4, 2, 32, 32),
        network("small_convnext", SmallNetworks::convNeXt, 2, 2, 32, 32));
  }

  private static Module registered(String name) {
    return Models.create(name, ModelOptions.none());
  }

  private static Arguments network(String name, Supplier<Module> model, long... shape) {
    return Arguments.of(name, model, shape);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void givenANetworkInTraining_whenItRunsBackward_thenAllGradientsAreItsCounterparts(
      String name, Supplier<Module> model, long[] shape) {
    parity.assertNetwork(name, Reference.fill(model.get()), shape);
  }
}
