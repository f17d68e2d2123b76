package io.github.steelyard.nn;

import static io.github.steelyard.nn.Reference.assertClose;
import static io.github.steelyard.nn.Reference.fill;
import static io.github.steelyard.nn.Reference.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModuleTest {
  /** A module as a user writes it: own parameter, buffers, a child and a tap. */
  private static final class Gain extends Module {
    private final Parameter gain;
    private final Buffer calls;
    private final Submodule inner;
    private final Tap scaled = tap("scaled");

    Gain(Module inner) {
      gain = parameter("gain", torch.ones(1));
      calls = buffer("calls", torch.zeros(1));
      temporaryBuffer("scratch", torch.zeros(2));
      this.inner = submodule("inner", inner);
    }

    @Override
    public Tensor forward(Tensor input) {
      calls.tensor().add_(new Scalar(1.0));
      return inner.forward(scaled.of(input.mul(gain.value())));
    }
  }

  /** Two layers that share one weight. */
  private static final class Tied extends Module {
    private final Parameter first = parameter("first", torch.full(new long[] {3}, new Scalar(2.0)));
    private final Parameter second = parameter("second", first);

    @Override
    public Tensor forward(Tensor input) {
      return input.mul(first.value()).mul(second.value());
    }
  }

  private static final class Named extends Module {
    Named(String... names) {
      for (String name : names) {
        parameter(name, torch.zeros(1));
      }
    }

    @Override
    public Tensor forward(Tensor input) {
      return input;
    }
  }

  private static double first(Tensor tensor) {
    return Scope.computeWithoutGradient(() -> tensor.flatten().select(0, 0).item_double());
  }

  @Test
  void givenAModuleOfAUser_whenItIsUsedLikeALayer_thenItTrainsAndIsSavedByItsNames() {
    Gain gain = new Gain(new Linear(4, 2));
    Module model = new Sequential(new Flatten(), gain, new ReLU());

    assertThat(model.stateDict().keySet())
        .containsExactly("1.gain", "1.calls", "1.inner.weight", "1.inner.bias");
    assertThat(model.namedBuffers().keySet()).containsExactly("1.calls", "1.scratch");
    assertThat(model.namedModules().keySet()).containsExactly("", "0", "1", "1.inner", "2");
    assertThat(model.namedTaps().keySet()).containsExactly("1.scaled");
    assertThat(model.getSubmodule("1.inner")).isInstanceOf(Linear.class);
    Scope.run(() -> model.forward(torch.ones(5, 2, 2)).sum().backward());
    assertThat(gain.gain.grad().defined()).isTrue();
    assertThat(first(gain.calls.tensor())).isEqualTo(1);
  }

  @Test
  void givenAStateDict_whenAnotherModelLoadsIt_thenItHasTheSameWeightsOfItsOwn() {
    Module source = fill(Models.create("resnet8", ModelOptions.none()));
    Module copy = Models.create("resnet8", ModelOptions.none());
    copy.loadStateDict(source.stateDict());
    source.eval();
    copy.eval();
    Scope.withoutGradient(
        () -> {
          Tensor images = noise(1, 2, 1, 28, 28).to(ScalarType.Float);
          assertThat(copy.forward(images).equal(source.forward(images))).isTrue();
          source.stateDict().get("linear.bias").zero_();
          assertThat(copy.forward(images).equal(source.forward(images))).isFalse();
        });
  }

  @Test
  void givenAStateDictThatDoesNotFit_whenItIsLoaded_thenEveryFaultIsListedAndNothingChanges() {
    Linear model = fill(new Linear(3, 2));
    Tensor before = Scope.computeWithoutGradient(() -> model.weight().tensor().clone());
    Map<String, Tensor> wrong = new LinkedHashMap<>();
    wrong.put("wieght", torch.zeros(2, 3));
    wrong.put("bias", torch.zeros(4));

    assertThatThrownBy(() -> model.loadStateDict(wrong))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("missing (1): weight")
        .hasMessageContaining("unexpected (1): wieght")
        .hasMessageContaining("wrong shape (1): bias ([4] instead of [2])")
        .hasMessageContaining("is 'wieght' the missing 'weight'?");
    assertThat(model.weight().tensor().equal(before)).isTrue();
  }

  @Test
  void givenAPlace_whenAnotherModuleIsPutThere_thenTheOwnerUsesItInTheSameMode() {
    Module model = Models.create("vit_mini_patch7_28", ModelOptions.none());
    model.eval();
    Tensor images = noise(1, 1, 1, 28, 28).to(ScalarType.Float);
    Tensor before = model.forward(images);
    for (String path :
        List.of("blocks.0.attn", "blocks.1.attn.qkv", "blocks.1.attn.proj", "blocks.2.mlp.act")) {
      Gain replacement = new Gain(model.getSubmodule(path));
      Scope.withoutGradient(() -> replacement.gain.tensor().fill_(new Scalar(0.5)));
      model.setSubmodule(path, replacement);
      assertThat(model.getSubmodule(path)).isSameAs(replacement);
      assertThat(replacement.isTraining()).isFalse();
      Tensor after = model.forward(images);
      assertThat(first(replacement.calls.tensor())).as(path).isEqualTo(1);
      assertThat(after.equal(before)).as(path).isFalse();
      before = after;
    }
    assertThat(model.stateDict())
        .containsKeys("blocks.0.attn.inner.qkv.weight", "blocks.1.attn.qkv.inner.weight");
  }

  @Test
  void givenAMisspeltPath_whenAModuleIsPutThere_thenTheErrorNamesTheNearest() {
    Module model = Models.create("mlp", ModelOptions.none());
    assertThatThrownBy(() -> model.setSubmodule("fc4", new Identity()))
        .hasMessageContaining("has no submodule 'fc4'")
        .hasMessageContaining("did you mean 'fc");
    assertThatThrownBy(() -> model.getSubmodule("actt1"))
        .hasMessageContaining("did you mean 'act1'? Valid are: flatten, fc1");
    assertThatThrownBy(() -> model.getTap("hiden1")).hasMessageContaining("did you mean 'hidden1'");
  }

  @Test
  void givenTiedWeights_whenTheModelIsTrained_thenTheyAreOneParameterWithTwoNames() {
    Tied tied = new Tied();
    assertThat(tied.namedParameters().keySet()).containsExactly("first");
    assertThat(tied.stateDict().keySet()).containsExactly("first", "second");
    assertThat(Models.countParameters(tied)).isEqualTo(3);
    Scope.run(() -> tied.forward(torch.ones(3)).sum().backward());
    assertThat(first(tied.first.grad())).isEqualTo(4);
    tied.to(ScalarType.Double);
    assertThat(tied.second.tensor().scalar_type().intern()).isEqualTo(ScalarType.Double);
  }

  @Test
  void givenNestedModules_whenTheModeChanges_thenItChangesEverywhere() {
    Module model = new Gain(new Sequential(new Dropout(0.5), new Gain(new BatchNorm1d(2))));
    assertThat(model.namedModules().values()).allMatch(Module::isTraining);
    model.eval();
    assertThat(model.namedModules().values()).noneMatch(Module::isTraining);
    model.train();
    assertThat(model.namedModules().values()).allMatch(Module::isTraining);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "resnet8", "vit_mini_patch7_28"})
  void givenAModel_whenItIsConvertedToDouble_thenItComputesInDoubleAndCountsStayWhole(String name) {
    Module model = fill(Models.create(name, ModelOptions.none()));
    model.eval();
    Scope.withoutGradient(
        () -> {
          Tensor images = noise(1, 2, 1, 28, 28);
          Tensor single = model.forward(images.to(ScalarType.Float));
          model.to(ScalarType.Double);
          model.to(Device.CPU);
          Tensor twice = model.forward(images);
          assertThat(twice.scalar_type().intern()).isEqualTo(ScalarType.Double);
          assertClose(name, single, twice, 1e-5);
          model.to(ScalarType.BFloat16);
          Tensor half = model.forward(images.to(ScalarType.BFloat16));
          assertThat(half.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
          assertClose(name, half, twice, 0.06);
        });
    model
        .namedBuffers()
        .forEach(
            (path, buffer) ->
                assertThat(buffer.tensor().is_floating_point())
                    .as(path)
                    .isEqualTo(!path.endsWith("num_batches_tracked")));
  }

  @Test
  void givenNamesThatCannotBe_whenPartsAreRegistered_thenTheErrorSaysWhy() {
    assertThatThrownBy(() -> new Named("a", "a")).hasMessageContaining("'a' is taken in Named");
    assertThatThrownBy(() -> new Named("a.b")).hasMessageContaining("or contain a dot");
    assertThatThrownBy(() -> new Named("")).hasMessageContaining("not be empty");
    assertThatThrownBy(() -> new Named("parametrizations")).hasMessageContaining("is taken");
  }

  @Test
  void givenAPlaceWithAnotherModule_whenALinearIsNeeded_thenTheErrorNamesBoth() {
    Submodule place = new Submodule("fc", new Linear(2, 2));
    place.set(new Identity());
    assertThatThrownBy(() -> place.get(Linear.class))
        .hasMessageContaining("a Linear is needed here, but a transform put a Identity");
  }

  @Test
  void givenNamedSteps_whenASequenceRuns_thenTheyRunInOrder() {
    Map<String, Module> steps = new LinkedHashMap<>();
    steps.put("project", new Linear(2, 3));
    steps.put("activate", new ReLU());
    Sequential sequence = new Sequential(steps);
    assertThat(sequence.stateDict().keySet()).containsExactly("project.weight", "project.bias");
    assertThat(sequence.size()).isEqualTo(2);
    Scope.withoutGradient(
        () -> assertThat(sequence.forward(torch.ones(4, 2)).min().item_double()).isNotNegative());
  }
}
