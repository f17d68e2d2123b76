package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class MagnitudePruningTest {
  @TempDir Path folder;

  @BeforeEach
  void seed() {
    Seeds.set(2);
  }

  private static Sequential network() {
    return new Sequential(new Linear(10, 20), new ReLU(), new Linear(20, 5));
  }

  private static Parameter weight(Module model, String path) {
    return LayerWeights.of(model).get(path);
  }

  private static Tensor logits(Module model, Tensor inputs) {
    return Scope.computeWithoutGradient(() -> model.forward(inputs));
  }

  @ParameterizedTest
  @CsvSource({"0.5", "0.8", "0.9", "0.95", "0.985"})
  void givenARate_whenLayersArePruned_thenEachLosesItsSmallestWeights(double rate) {
    Module model = network();
    for (Parameter parameter : LayerWeights.of(model).values()) {
      Tensor before = parameter.value().detach().clone();

      new MagnitudePruning(PruningConfiguration.layerWise(rate)).apply(model);

      Tensor after = parameter.value().detach();
      long zeros = after.eq(new Scalar(0.0)).sum().item_long();
      assertThat(zeros).isEqualTo(Math.round(rate * after.numel()));
      Tensor lost = before.sub(after).abs();
      double smallestKept =
          after.abs().masked_select(after.ne(new Scalar(0.0))).min().item_double();
      assertThat(lost.max().item_double()).isLessThanOrEqualTo(smallestKept);
    }
  }

  @Test
  void givenLayersOfDifferentSize_whenAllArePrunedTogether_thenSmallWeightsLoseMore() {
    Module model = network();
    weight(model, "2").assign(weight(model, "2").value().detach().mul(new Scalar(0.5)));

    new MagnitudePruning(PruningConfiguration.global(0.5)).apply(model);

    SparsityReport report = SparsityReport.of(model);
    assertThat(report.sparsity()).isEqualTo(0.5);
    assertThat(report.layers().get(1).sparsity()).isGreaterThan(0.7);
    assertThat(report.layers().get(0).sparsity()).isLessThan(0.4);
  }

  @Test
  void givenAPrunedModel_whenItIsPrunedFurther_thenWhatWasPrunedStaysSo() {
    Module model = network();
    new MagnitudePruning(PruningConfiguration.global(0.3)).apply(model);
    Tensor first = MagnitudePruning.mask(weight(model, "0")).orElseThrow().mask().tensor().clone();

    new MagnitudePruning(PruningConfiguration.global(0.6)).apply(model);

    Tensor second = MagnitudePruning.mask(weight(model, "0")).orElseThrow().mask().tensor();
    assertThat(second.logical_and(first.logical_not()).any().item_bool()).isFalse();
    assertThat(weight(model, "0").parametrizations()).hasSize(1);
    assertThat(SparsityReport.of(model).sparsity()).isCloseTo(0.6, within(1e-3));
  }

  @Test
  void givenAMaskedModel_whenItIsSavedAndLoaded_thenTheMaskSurvivesUnderPyTorchsName()
      throws IOException {
    Module model = new MagnitudePruning(PruningConfiguration.global(0.8)).apply(network());
    Tensor inputs = torch.randn(4, 10);
    Path file = folder.resolve("masked.safetensors");
    ModelFile.save(file, model, Provenance.now(0, Map.of(), Map.of(), List.of()));

    Module loaded = new MagnitudePruning(PruningConfiguration.global(0.8)).prepare(network());
    ModelFile.load(file, loaded);

    assertThat(loaded.stateDict().keySet())
        .contains("0.parametrizations.weight.original", "0.parametrizations.weight.0.mask");
    assertThat(torch.equal(logits(loaded, inputs), logits(model, inputs))).isTrue();
    assertThat(SparsityReport.of(loaded).sparsity()).isEqualTo(0.8);
  }

  @Test
  void givenAMaskedModel_whenItIsMaterialized_thenADenseModelComputesTheSame() {
    Module model = new MagnitudePruning(PruningConfiguration.global(0.8)).apply(network());
    Tensor inputs = torch.randn(4, 10);
    Tensor expected = logits(model, inputs);
    SparsityReport masked = SparsityReport.of(model);

    LayerWeights.of(model).values().forEach(Parameter::materialize);

    assertThat(torch.equal(logits(model, inputs), expected)).isTrue();
    assertThat(model.stateDict().keySet())
        .containsExactlyElementsOf(network().stateDict().keySet());
    SparsityReport dense = SparsityReport.of(model);
    assertThat(dense.sparsity()).isEqualTo(0.8);
    assertThat(masked.denseBytes()).isEqualTo(dense.maskedBytes()).isEqualTo(4 * (300 + 25));
    assertThat(masked.maskedBytes()).isEqualTo(4 * (300 + 25) + 300);
    assertThat(masked.sparseBytes()).isEqualTo(4 * 25 + 25 + 13 + 4 * 60);
  }

  /** A weight that is stored squared with its sign, so that stored and seen sizes differ. */
  private static final class Rooted extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.sign().mul(value.abs().sqrt());
    }

    @Override
    public boolean isInvertible() {
      return true;
    }

    @Override
    public Tensor inverse(Tensor effective) {
      return effective.sign().mul(effective.square());
    }
  }

  @Test
  void givenAnotherParametrization_whenItIsPruned_thenTheMaskComesAfterItAndCountsWhatIsSeen() {
    Module model = network();
    Tensor seen = weight(model, "0").value().detach().clone();
    weight(model, "0").parametrize(new Rooted());

    new MagnitudePruning(PruningConfiguration.layerWise(0.75)).apply(model);

    Tensor value = weight(model, "0").value().detach();
    Tensor difference = value.sub(seen).abs();
    Tensor kept = MagnitudePruning.mask(weight(model, "0")).orElseThrow().mask().tensor();
    assertThat(difference.masked_select(kept).max().item_double()).isLessThan(1e-6);
    assertThat(value.ne(new Scalar(0.0)).sum().item_long()).isEqualTo(50);
    assertThat(weight(model, "0").parametrizations().get(1)).isInstanceOf(PruningMask.class);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0, 1, 1.5, 90, Double.NaN})
  void givenARateOutOfRange_whenItIsConfigured_thenItIsRefused(double rate) {
    assertThatThrownBy(() -> PruningConfiguration.global(rate))
        .hasMessageContaining("sparsity must be above 0 and below 1")
        .hasMessageContaining(String.valueOf(rate));
    assertThatThrownBy(() -> StructuredPruningConfiguration.of(rate)).hasMessageContaining("rate");
    if (rate == 90) {
      assertThatThrownBy(() -> PruningConfiguration.global(rate))
          .hasMessageContaining("90.0 percent are 0.9");
    }
  }

  @Test
  void givenALayerThatWouldLoseEverything_whenItIsPruned_thenItIsRefusedAndNothingChanged() {
    Module model = network();
    weight(model, "2").assign(torch.zeros(5, 20).add(new Scalar(1e-6)));
    List<String> names = List.copyOf(model.stateDict().keySet());

    assertThatThrownBy(() -> new MagnitudePruning(PruningConfiguration.global(0.5)).apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'2' would lose all its 100 weights")
        .hasMessageContaining("except");
    assertThat(model.stateDict().keySet()).containsExactlyElementsOf(names);
    assertThatThrownBy(
            () -> new MagnitudePruning(PruningConfiguration.layerWise(0.999)).apply(model))
        .hasMessageContaining("would lose all");
    PruningConfiguration nothing =
        new PruningConfiguration(
            0.5, PruningConfiguration.Ranking.LAYER, List.of("*"), List.of("*"));
    assertThatThrownBy(() -> new MagnitudePruning(nothing).apply(model))
        .hasMessageContaining("nothing is left to prune");
  }

  @Test
  void givenAWeightThatIsNotFinite_whenItIsPruned_thenTheErrorNamesTheLayer() {
    Module model = network();
    Scope.withoutGradient(
        () -> weight(model, "0").tensor().select(0, 0).fill_(new Scalar(Double.NaN)));

    assertThatThrownBy(() -> new MagnitudePruning(PruningConfiguration.global(0.5)).apply(model))
        .hasMessageContaining("'0' holds NaN");
  }

  @Test
  void givenAPrunedModel_whenItIsPrunedLess_thenNothingComesBack() {
    Module model = Models.create("mlp", ModelOptions.none().with(o -> o.hidden = List.of(8)));
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    double sparsity = SparsityReport.of(model).sparsity();

    new MagnitudePruning(PruningConfiguration.layerWise(0.1)).apply(model);

    assertThat(SparsityReport.of(model).sparsity()).isEqualTo(sparsity);
  }
}
