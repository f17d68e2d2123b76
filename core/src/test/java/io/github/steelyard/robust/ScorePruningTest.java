package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
class ScorePruningTest {
  @TempDir Path folder;

  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  private static Sequential network() {
    Seeds.set(5);
    return new Sequential(
        new Conv2d(Conv2dConfiguration.of(1, 6, 3).withPadding(1)),
        new BatchNorm2d(6),
        new ReLU(),
        new Conv2d(Conv2dConfiguration.of(6, 4, 3).withPadding(1)),
        new ReLU(),
        new Flatten(),
        new Linear(64, 3));
  }

  private static Module scored(double keep) {
    return new ScorePruning(ScorePruningConfiguration.of(keep)).apply(network());
  }

  private static Tensor logits(Module model, Tensor inputs) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(inputs));
  }

  private static Trainer trainer(Module model) {
    return new Trainer(
        model,
        new SGD(ParameterGroup.of(model, 0.5, 0), new SGDConfiguration(0.9, 0, true, false)),
        Samples.of(batch(), batch(), batch()),
        new CrossEntropy(),
        TrainingConfiguration.ofEpochs(2));
  }

  private static Batch batch() {
    Seeds.set(21);
    return Samples.random(16, 3, 1, 4, 4);
  }

  private static Map<String, Tensor> copies(Module model) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> copies.put(name, tensor.detach().clone()));
    return copies;
  }

  @ParameterizedTest
  @CsvSource({"0.1", "0.05", "0.5", "0.9"})
  void givenAKeepRate_whenScoresAreAdded_thenEachLayerKeepsItsLargestWeights(double keep) {
    Module model = scored(keep);

    for (Parameter weight : LayerWeights.of(model).values()) {
      Tensor value = weight.value().detach();
      Tensor stored = weight.tensor().detach();
      Tensor kept = value.ne(new Scalar(0.0));
      long count = stored.numel();
      assertThat(kept.sum().item_long()).isEqualTo(count - (long) ((1 - keep) * count));
      double smallest = stored.abs().masked_select(kept).min().item_double();
      double largest = stored.abs().masked_select(kept.logical_not()).max().item_double();
      assertThat(smallest).isGreaterThanOrEqualTo(largest);
    }
  }

  @Test
  void givenScores_whenTheyAreTrained_thenOnlyTheyAndRunningStatisticsMove() {
    Module model = scored(0.2);
    Map<String, Tensor> before = copies(model);
    Map<String, Tensor> masks = new LinkedHashMap<>();
    LayerWeights.of(model)
        .forEach((path, weight) -> masks.put(path, weight.value().detach().ne(new Scalar(0.0))));

    trainer(model).run();

    model
        .stateDict()
        .forEach(
            (name, tensor) -> {
              boolean moves =
                  name.endsWith(".score")
                      || name.contains("running_")
                      || name.contains("num_batches");
              assertThat(torch.equal(tensor, before.get(name))).as(name).isEqualTo(!moves);
            });
    long changed =
        LayerWeights.of(model).entrySet().stream()
            .filter(
                entry ->
                    !torch.equal(
                        masks.get(entry.getKey()),
                        entry.getValue().value().detach().ne(new Scalar(0.0))))
            .count();
    assertThat(changed).isPositive();
  }

  @Test
  void givenAnInterruptedRunOfScores_whenItResumes_thenItEndsInTheSameScores() throws IOException {
    Module whole = scored(0.3);
    trainer(whole).run();
    Path path = folder.resolve("run");
    try (RunDirectory run = RunDirectory.create(path)) {
      Trainer first = trainer(scored(0.3)).runDirectory(run);
      first.callback("stop", new InterruptionAfter(4, first::requestStop));
      first.run();
    }
    Module resumed = scored(0.3);
    try (RunDirectory run = RunDirectory.resume(path)) {
      Trainer second = trainer(resumed).runDirectory(run);
      assertThat(second.resume()).contains(4L);
      second.run();
    }

    Tensor inputs = torch.randn(4, 1, 4, 4);
    assertThat(torch.equal(logits(resumed, inputs), logits(whole, inputs))).isTrue();
    resumed
        .stateDict()
        .forEach(
            (name, tensor) ->
                assertThat(torch.equal(tensor, whole.stateDict().get(name))).as(name).isTrue());
  }

  @Test
  void givenTrainedScores_whenFinished_thenMaskedAndDenseCheckpointsComputeTheSame()
      throws IOException {
    Module model = scored(0.2);
    trainer(model).run();
    Tensor inputs = torch.randn(4, 1, 4, 4);
    Tensor expected = logits(model, inputs);

    ScorePruning.finish(model);

    assertThat(torch.equal(logits(model, inputs), expected)).isTrue();
    assertThat(model.stateDict().keySet())
        .contains("0.parametrizations.weight.0.mask")
        .noneMatch(name -> name.endsWith("score"));
    assertThat(model.namedParameters().values()).allMatch(Parameter::isTrainable);
    Path file = folder.resolve("masked.safetensors");
    ModelFile.save(file, model, Provenance.now(0, Map.of(), Map.of(), List.of()));
    Module loaded = new MagnitudePruning(PruningConfiguration.global(0.8)).prepare(network());
    ModelFile.load(file, loaded);
    assertThat(torch.equal(logits(loaded, inputs), expected)).isTrue();

    // Fine-tuning moves what is left, and zeros stay zero.
    Map<String, Tensor> before = copies(model);
    double sparsity = SparsityReport.of(model).sparsity();
    trainer(model).run();
    assertThat(
            torch.equal(
                before.get("0.parametrizations.weight.original"),
                model.stateDict().get("0.parametrizations.weight.original")))
        .isFalse();
    assertThat(SparsityReport.of(model).sparsity()).isEqualTo(sparsity);

    expected = logits(model, inputs);
    LayerWeights.of(model).values().forEach(Parameter::materialize);
    assertThat(torch.equal(logits(model, inputs), expected)).isTrue();
    assertThat(model.stateDict().keySet())
        .containsExactlyElementsOf(network().stateDict().keySet());
    assertThat(SparsityReport.of(model).sparsity()).isEqualTo(sparsity);
  }

  @Test
  void givenAModelTrainedWithGates_whenScored_thenScoresFollowTheWeightsWithoutGates() {
    Module model = new AddGates(GatesConfiguration.defaults()).apply(network());
    new ScorePruning(ScorePruningConfiguration.of(0.5)).apply(model);
    Tensor scores = model.stateDict().get("0.parametrizations.weight.1.score");

    assertThat(
            torch.equal(
                scores, PruningScores.initial(LayerWeights.of(model).get("0").tensor().detach())))
        .isTrue();
    assertThat(HardConcreteGate.of(model).get("0").logAlpha().isTrainable()).isFalse();
    Trainer frozen = trainer(model).callback("gates", new GateTraining());
    frozen.run();
    Tensor inputs = torch.randn(3, 1, 4, 4);
    Tensor expected = logits(model, inputs);
    new RemoveClosedChannels(inputs).apply(model);
    assertThat(logits(model, inputs).sub(expected).abs().max().item_double()).isLessThan(1e-5);
  }

  @Test
  void givenScores_whenQuantizedByLsqBehindThem_thenZerosStayAndStatsQIsRefused() {
    Module model = scored(0.3);
    Tensor inputs = torch.randn(4, 1, 4, 4);
    assertThatThrownBy(
            () ->
                new PrepareQuantization(
                        QuantizationConfiguration.of(3, 8).withQueryKeyReparameterization(false),
                        inputs)
                    .apply(scored(0.3)))
        .hasMessageContaining("no level at zero");
    QuantizationConfiguration lsq =
        new QuantizationConfiguration(
            new LayerBits(4, LayerBits.FLOAT),
            "lsq",
            false,
            new LayerBits(8, LayerBits.FLOAT),
            List.of());
    Module quantized = new PrepareQuantization(lsq, inputs).apply(model);

    trainer(quantized).run();

    double sparsity = SparsityReport.of(quantized).sparsity();
    assertThat(sparsity).isGreaterThanOrEqualTo(0.69);
    Tensor expected = logits(quantized, inputs);
    ScorePruning.finish(quantized);
    assertThat(torch.equal(logits(quantized, inputs), expected)).isTrue();
    Module converted = new ConvertQuantization().apply(quantized);
    assertThat(logits(converted, inputs).sub(expected).abs().max().item_double()).isLessThan(1e-5);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 10, Double.NaN})
  void givenAKeepRateOutOfRange_whenConfigured_thenItIsRefused(double keep) {
    assertThatThrownBy(() -> ScorePruningConfiguration.of(keep))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("keep must be above 0 and below 1")
        .hasMessageContaining(String.valueOf(keep));
    if (keep == 10) {
      assertThatThrownBy(() -> ScorePruningConfiguration.of(keep))
          .hasMessageContaining("10.0 percent are 0.1");
    }
  }

  @Test
  void givenCombinationsWithoutSense_whenScored_thenTheReasonIsNamedAndNothingChanged() {
    ScorePruning half = new ScorePruning(ScorePruningConfiguration.of(0.5));
    assertThatThrownBy(() -> half.apply(scored(0.5))).hasMessageContaining("'0' has scores");
    Module masked = new MagnitudePruning(PruningConfiguration.global(0.5)).apply(network());
    assertThatThrownBy(() -> half.apply(masked)).hasMessageContaining("'0' has a mask already");
    assertThat(masked.namedParameters().values()).allMatch(Parameter::isTrainable);
    assertThatThrownBy(
            () -> new MagnitudePruning(PruningConfiguration.global(0.5)).apply(scored(0.5)))
        .hasMessageContaining("'0' is pruned by scores");
    Module empty = network();
    Scope.withoutGradient(() -> LayerWeights.of(empty).get("3").tensor().zero_());
    assertThatThrownBy(() -> half.apply(empty))
        .hasMessageContaining("'3' gives no scores: all its weights are zero");
    Module broken = network();
    Scope.withoutGradient(
        () -> LayerWeights.of(broken).get("3").tensor().fill_(new Scalar(Double.NaN)));
    assertThatThrownBy(() -> half.apply(broken)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new ScorePruning(ScorePruningConfiguration.of(1e-20)).apply(network()))
        .hasMessageContaining("'0' would lose all its 54 weights");
    assertThatThrownBy(() -> ScorePruning.finish(network())).hasMessageContaining("no scores");
    assertThatThrownBy(
            () -> new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(scored(0.5)))
        .hasMessageContaining("materialize");
  }
}
