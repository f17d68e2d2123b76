package io.github.steelyard.nn;

import static io.github.steelyard.nn.Reference.assertClose;
import static io.github.steelyard.nn.Reference.fill;
import static io.github.steelyard.nn.Reference.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class ParameterTest {
  /** Multiplies by a learned scale; can be inverted. */
  private static final class Scale extends Parametrization {
    private final Parameter scale;

    Scale(double initial) {
      scale = parameter("scale", torch.full(new long[] {1}, new Scalar(initial)));
    }

    @Override
    public Tensor forward(Tensor value) {
      return value.mul(scale.value());
    }

    @Override
    public boolean isInvertible() {
      return true;
    }

    @Override
    public Tensor inverse(Tensor effective) {
      return effective.div(scale.value());
    }
  }

  /** Sets some weights to zero; cannot be inverted. */
  private static final class Mask extends Parametrization {
    private final Buffer mask;

    Mask(Tensor mask) {
      this.mask = buffer("mask", mask);
    }

    @Override
    public Tensor forward(Tensor value) {
      return value.mul(mask.tensor());
    }
  }

  private static final class Transpose extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.t();
    }
  }

  private final Linear linear = fill(new Linear(3, 2));
  private final Tensor weight =
      Scope.computeWithoutGradient(() -> linear.weight().tensor().clone());

  private static Tensor leftColumn() {
    return Scope.compute(
        () -> {
          Tensor mask = torch.zeros(2, 3);
          mask.select(1, 0).fill_(new Scalar(1.0));
          return mask;
        });
  }

  @Test
  void givenAnInvertibleMap_whenItIsAdded_thenTheLayerSeesTheSameWeight() {
    linear.weight().parametrize(new Scale(4));
    assertClose("value", linear.weight().value(), weight, 1e-6);
    assertClose("stored", linear.weight().tensor().mul(new Scalar(4.0)), weight, 1e-6);
  }

  @Test
  void givenMaps_whenTheStateDictIsListed_thenItHasPyTorchsNames() {
    linear.weight().parametrize(new Scale(4));
    linear.weight().parametrize(new Mask(leftColumn()));
    assertThat(new Sequential(linear).stateDict().keySet())
        .containsExactly(
            "0.parametrizations.weight.original",
            "0.parametrizations.weight.0.scale",
            "0.parametrizations.weight.1.mask",
            "0.bias");
    assertThat(linear.namedParameters().keySet())
        .containsExactly(
            "parametrizations.weight.original", "parametrizations.weight.0.scale", "bias");
    assertThat(Models.countParameters(linear)).isEqualTo(6 + 1 + 2);
  }

  @Test
  void givenMaps_whenTheLayerIsTrained_thenGradientsReachTheWeightAndTheMapsParameters() {
    Scale scale = new Scale(4);
    linear.weight().parametrize(scale);
    linear.weight().parametrize(new Mask(leftColumn()));
    Scope.run(() -> linear.forward(torch.ones(1, 3)).sum().backward());
    Scope.withoutGradient(
        () -> {
          Tensor expected = leftColumn().mul(new Scalar(4.0));
          assertThat(linear.weight().grad().equal(expected)).isTrue();
          assertThat(scale.scale.grad().defined()).isTrue();
        });
  }

  @Test
  void givenMaps_whenTheyAreMaterialized_thenTheEffectiveWeightIsStoredAndTheNameIsPlainAgain() {
    linear.weight().parametrize(new Scale(4));
    linear.weight().parametrize(new Mask(leftColumn()));
    linear.weight().materialize();
    assertThat(linear.stateDict().keySet()).containsExactly("weight", "bias");
    Scope.withoutGradient(
        () -> assertClose("stored", linear.weight().tensor(), weight.mul(leftColumn()), 1e-6));
  }

  @Test
  void givenMaps_whenAWeightIsAssigned_thenTheLayerSeesItOrTheErrorSaysWhyNot() {
    Scope.withoutGradient(
        () -> {
          Tensor wanted = noise(5, 2, 3).to(ScalarType.Float);
          linear.weight().parametrize(new Scale(4));
          linear.weight().assign(wanted);
          assertClose("value", linear.weight().value(), wanted, 1e-6);
          assertThatThrownBy(() -> linear.weight().assign(torch.zeros(3, 2)))
              .hasMessageContaining("has shape [2, 3], not [3, 2]");
          linear.weight().parametrize(new Mask(leftColumn()));
          assertThatThrownBy(() -> linear.weight().assign(wanted))
              .isInstanceOf(UnsupportedOperationException.class)
              .hasMessageContaining("Mask has no inverse");
          assertClose("value", linear.weight().value(), wanted.mul(leftColumn()), 1e-6);
        });
  }

  @Test
  void givenAMapThatChangesTheShape_whenItIsAdded_thenItIsRefusedAndNothingChanges() {
    assertThatThrownBy(() -> linear.weight().parametrize(new Transpose()))
        .hasMessageContaining("Transpose changes the shape of the weight from [2, 3] to [3, 2]");
    assertThat(linear.weight().parametrizations()).isEmpty();
    assertThat(linear.weight().tensor().equal(weight)).isTrue();
  }

  @Test
  void givenAModelWithMaps_whenItIsSavedAndLoaded_thenMapsAreRestoredAndFollowTheMode() {
    Module model = fill(Models.create("vit_mini_patch7_28", ModelOptions.none()));
    Module copy = Models.create("vit_mini_patch7_28", ModelOptions.none());
    Scale scale = new Scale(3);
    for (Module each : new Module[] {model, copy}) {
      Linear qkv = (Linear) each.getSubmodule("blocks.1.attn.qkv");
      qkv.weight().parametrize(each == model ? scale : new Scale(1));
    }
    copy.loadStateDict(model.stateDict());
    model.eval();
    copy.eval();
    assertThat(scale.isTraining()).isFalse();
    Scope.withoutGradient(
        () -> {
          Tensor images = noise(1, 2, 1, 28, 28).to(ScalarType.Float);
          assertThat(copy.forward(images).equal(model.forward(images))).isTrue();
        });
  }

  @Test
  void givenATensorOfWholeNumbers_whenItIsMadeAParameter_thenItIsRefused() {
    assertThatThrownBy(
            () -> new Parameter(torch.zeros(new long[] {2}, new TensorOptions(ScalarType.Long))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be of a floating-point type");
  }

  @Test
  void givenALayerInEvaluationMode_whenAMapIsAdded_thenTheMapIsInThatModeToo() {
    linear.eval();
    Scale scale = new Scale(2);
    linear.weight().parametrize(scale);
    assertThat(scale.isTraining()).isFalse();
    linear.train();
    assertThat(scale.isTraining()).isTrue();
  }

  @Test
  void givenAFrozenParameter_whenTheLayerIsTrained_thenItGetsNoGradient() {
    linear.weight().setTrainable(false);
    Scope.run(() -> linear.forward(torch.ones(1, 3)).sum().backward());
    assertThat(linear.weight().isTrainable()).isFalse();
    assertThat(linear.weight().grad().defined()).isFalse();
    assertThat(linear.bias().orElseThrow().grad().defined()).isTrue();
  }
}
