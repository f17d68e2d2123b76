package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SegmentsTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);

  private static Module perceptron() {
    return TinyNetworks.perceptron(Activation.RELU, 5, List.of(7, 6), 3);
  }

  @Test
  void givenAPerceptron_whenItIsCut_thenSegmentsComputeWhatTheNetworkComputes() {
    Tensor inputs = TinyNetworks.normal(1, 9, 5);
    try (Segments segments = Segments.open(perceptron(), LAYERS, inputs)) {
      assertThat(segments.layers())
          .containsExactly(
              new NodeLayer("input", 6, 1, false, true),
              new NodeLayer("hidden1", 8, 1, false, true),
              new NodeLayer("hidden2", 7, 1, false, true),
              new NodeLayer("output", 3, 1, false, false));
      assertSegmentsAgree(segments, inputs);
    }
  }

  private static void assertSegmentsAgree(Segments segments, Tensor inputs) {
    Scope.withoutGradient(
        () -> {
          List<Tensor> activations = segments.activations(inputs);
          for (int from = 0; from < activations.size(); from++) {
            for (int to = from; to < activations.size(); to++) {
              Tensor reached = segments.forward(from, activations.get(from), to);
              assertThat(reached.shape()).isEqualTo(activations.get(to).shape());
              assertThat(TinyNetworks.distance(reached, activations.get(to))).isLessThan(1e-12);
            }
          }
        });
  }

  @Test
  void givenATransformer_whenItsResidualStreamIsCut_thenSegmentsComputeWhatItComputes() {
    Module model = Models.create("vit_mini_patch7_28", ModelOptions.none());
    Tensor images = TinyNetworks.normal(2, 3, 1, 28, 28);
    List<String> layers =
        List.of(
            "blocks.3.residual_pre",
            "blocks.3.residual_mid",
            "blocks.4.residual_post",
            "normalized",
            "pooled",
            Segments.OUTPUT);
    try (Segments segments = Segments.open(model, layers, images)) {
      assertThat(segments.layers().get(0))
          .isEqualTo(new NodeLayer("blocks.3.residual_pre", 65, 17, true, true));
      assertThat(segments.layers().get(4)).isEqualTo(new NodeLayer("pooled", 65, 1, false, true));
      assertThatThrownBy(() -> assertSegmentsAgree(segments, images.narrow(2, 0, 7)))
          .isInstanceOf(RuntimeException.class);
      assertSegmentsAgree(segments, images);
    }
  }

  @Test
  void givenAnotherConstant_whenASegmentRuns_thenItsBiasesAreMultipliedByIt() {
    Module model = perceptron();
    Tensor inputs = TinyNetworks.normal(1, 4, 5);
    Linear layer = TinyNetworks.linear(model, "fc1");
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      Scope.withoutGradient(
          () -> {
            Tensor half = segments.activations(inputs).get(0).mul(new Scalar(0.5));
            Tensor expected =
                inputs
                    .mul(new Scalar(0.5))
                    .matmul(layer.weight().value().t())
                    .add(layer.bias().orElseThrow().value().mul(new Scalar(0.5)))
                    .relu();
            Tensor reached = segments.forward(0, half, 1).squeeze(1);
            assertThat(TinyNetworks.distance(reached.narrow(1, 0, 7), expected)).isLessThan(1e-14);
            assertThat(reached.select(1, 7).min().item_double()).isEqualTo(0.5);
          });
    }
    SegmentsConfiguration fixed = new SegmentsConfiguration(BiasFolding.FIXED, ScalarType.Double);
    try (Segments segments = Segments.open(model, LAYERS, inputs, fixed)) {
      Scope.withoutGradient(
          () -> {
            Tensor activation = segments.activations(inputs).get(0);
            Tensor other = activation.clone();
            other.select(2, 5).fill_(new Scalar(3.0));
            assertThat(
                    TinyNetworks.distance(
                        segments.forward(0, activation, 1).narrow(2, 0, 7),
                        segments.forward(0, other, 1).narrow(2, 0, 7)))
                .isZero();
          });
    }
  }

  @Test
  void givenACutNetwork_whenItIsClosed_thenTheModelIsWhatItWas() {
    Module model = Models.create("mlp", ModelOptions.none().with(o -> o.hidden = List.of(8)));
    Module first = model.getSubmodule("fc1");
    model.getSubmodule("fc2").eval();
    Map<String, Tensor> before = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> before.put(name, tensor.detach().clone()));
    Tensor images = TinyNetworks.normal(3, 2, 1, 28, 28);
    try (Segments segments =
        Segments.open(model, List.of("input", "hidden1", Segments.OUTPUT), images)) {
      assertThat(segments.activations(images).get(1).scalar_type().intern())
          .isEqualTo(ScalarType.Double);
      assertThat(model.getSubmodule("fc1")).isNotSameAs(first);
    }
    assertThat(model.getSubmodule("fc1")).isSameAs(first);
    assertThat(model.isTraining()).isTrue();
    assertThat(first.isTraining()).isTrue();
    assertThat(model.getSubmodule("fc2").isTraining()).isFalse();
    model
        .stateDict()
        .forEach((name, tensor) -> assertThat(tensor.equal(before.get(name))).as(name).isTrue());
  }

  @Test
  void givenAnOwnModule_whenItsTapsAreCut_thenOnlyCleanCutsAreTaken() {
    Module model = new TinyNetworks.Own();
    Tensor inputs = TinyNetworks.normal(4, 5, 4);
    try (Segments segments =
        Segments.open(model, List.of("stream", "end", Segments.OUTPUT), inputs)) {
      assertSegmentsAgree(segments, inputs);
    }
    assertThatThrownBy(() -> Segments.open(model, List.of("branch", Segments.OUTPUT), inputs))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not depend on 'branch' alone");
    assertThat(model.isTraining()).isTrue();
  }

  @Test
  void givenWrongLayers_whenTheNetworkIsCut_thenTheErrorNamesWhatWouldBeRight() {
    Module model = perceptron();
    Tensor inputs = TinyNetworks.normal(1, 9, 5);
    assertRefused(model, List.of("input", "hiden1"), inputs, "did you mean 'hidden1'");
    assertRefused(model, List.of("input"), inputs, "a segment needs two layers");
    assertRefused(model, List.of("hidden2", "hidden1"), inputs, "in the given order");
    assertRefused(model, List.of("input", "input"), inputs, "named twice");
    assertRefused(model, List.of("output", "hidden1"), inputs, "must be the last layer");
    assertRefused(model, LAYERS, inputs.narrow(0, 0, 1), "at least 2 samples");
    Module convolutional = Models.create("resnet8", ModelOptions.none());
    assertRefused(
        convolutional,
        List.of("stem", Segments.OUTPUT),
        TinyNetworks.normal(1, 2, 1, 28, 28),
        "[2, 16, 14, 14]");
  }

  private static void assertRefused(
      Module model, List<String> layers, Tensor inputs, String reason) {
    assertThatThrownBy(() -> Segments.open(model, layers, inputs))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
    assertThat(model.isTraining()).isTrue();
  }

  @Test
  void givenAnActivationOfAnotherLayer_whenASegmentRuns_thenTheErrorNamesLayerAndShapes() {
    Tensor inputs = TinyNetworks.normal(1, 9, 5);
    try (Segments segments = Segments.open(perceptron(), LAYERS, inputs)) {
      Tensor wrong = TinyNetworks.normal(1, 9, 1, 8);
      assertThatThrownBy(() -> segments.forward(0, wrong, 1))
          .hasMessageContaining("input takes activations of shape [n, 1, 6]")
          .hasMessageContaining("[9, 1, 8]");
      assertThatThrownBy(() -> segments.finish(2, wrong)).hasMessageContaining("hidden2");
      assertThatThrownBy(() -> segments.forward(2, wrong, 1)).hasMessageContaining("back");
    }
  }

  /** Its second layer is a parameter of its own. */
  private static final class Plain extends Module {
    private final Submodule first = submodule("first", new Linear(4, 6));
    private final Parameter second = parameter("second", torch.randn(6, 2));
    private final Tap middle = tap("middle");

    @Override
    public Tensor forward(Tensor x) {
      return middle.of(first.forward(x)).matmul(second.value());
    }
  }

  @Test
  void givenParametersThatMayBeBiases_whenTheyAreToBeFolded_thenTheErrorNamesThem() {
    Module model = new Plain();
    Tensor inputs = TinyNetworks.normal(1, 3, 4);
    List<String> layers = List.of("middle", Segments.OUTPUT);
    assertThatThrownBy(() -> Segments.open(model, layers, inputs))
        .hasMessageContaining("[second]")
        .hasMessageContaining("BiasFolding.FIXED");
    SegmentsConfiguration fixed = new SegmentsConfiguration(BiasFolding.FIXED, ScalarType.Double);
    try (Segments segments = Segments.open(model, layers, inputs, fixed)) {
      assertSegmentsAgree(segments, inputs);
    }
  }

  @Test
  void givenAnActivationThatNeedsGradients_whenASegmentRuns_thenTheyReachIt() {
    Tensor inputs = TinyNetworks.normal(1, 9, 5);
    try (Segments segments = Segments.open(perceptron(), LAYERS, inputs)) {
      Tensor activation = segments.activations(inputs).get(1);
      activation.set_requires_grad(true);
      Tensor sum = segments.forward(1, activation, 3).sum();
      Tensor gradient = torch.grad(new TensorVector(sum), new TensorVector(activation)).get(0);
      assertThat(gradient.shape()).containsExactly(9, 1, 8);
      assertThat(TinyNetworks.largest(gradient)).isPositive();
    }
  }
}
