package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.incremental.GrowHead;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.OptimizerEntry;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.quant.WeightMethod;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.WeightHistograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The compander together with what else acts on weights. */
class CompanderCompositionTest {
  private static final CompanderConfiguration LEARNED =
      CompanderConfiguration.of(Companding.defaults().withRatio(2).withLearned(true));

  @TempDir Path folder;

  /** The same images in each batch. */
  private static BatchSource batches(int count) {
    return new ComputedBatches(count, (epoch, number) -> new Batch(images(16), labels(16)));
  }

  private static Module mlp() {
    Seeds.set(5);
    return Models.create(
        "mlp", ModelOptions.none().withHidden(List.of(12, 12)).withDropout(0.1).withImageSize(6));
  }

  /** Drawn without libtorch's generator, which dropout uses. */
  private static Tensor images(int count) {
    return torch
        .arange(new Scalar(count * 36L))
        .mul(new Scalar(0.7))
        .sin()
        .reshape(count, 1, 6, 6)
        .to(ScalarType.Float);
  }

  private static Tensor labels(int count) {
    return torch.tensor(LongStream.range(0, count).map(i -> i % 4).toArray());
  }

  private static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images(8)));
  }

  private static double step(Module model, Optimizer optimizer) {
    model.train();
    return Scope.compute(
        () -> {
          optimizer.zeroGrad();
          Tensor loss = torch.cross_entropy_loss(model.forward(images(16)), labels(16));
          loss.backward();
          optimizer.step();
          return loss.item_double();
        });
  }

  static Stream<OptimizerEntry<?>> optimizers() {
    return Optimizers.all().stream();
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void givenAnyOptimizer_whenACompandedModelIsTrained_thenLossFallsAndAAndBMoveAndLimitsHold(
      OptimizerEntry<?> entry) {
    Module model = mlp();
    new CompandWeights(LEARNED).apply(model);
    Optimizer optimizer =
        Optimizers.create(
            entry.name(),
            ParameterGroup.of(model, entry.name().startsWith("sgd") ? 0.1 : 0.01, 0.01),
            Map.of());
    WeightCompander first = WeightCompander.of(model).values().iterator().next();
    double a = first.a();
    double b = first.b();

    double before = step(model, optimizer);
    double after = before;
    for (int i = 0; i < 60; i++) {
      after = step(model, optimizer);
    }

    assertThat(after).isLessThan(0.8 * before);
    assertThat(first.a()).isPositive().isNotEqualTo(a);
    assertThat(first.b()).isPositive().isNotEqualTo(b);
    WeightCompander.of(model)
        .forEach(
            (name, compander) -> {
              Parameter weight =
                  ((Linear) model.getSubmodule(name.replace(".weight", ""))).weight();
              double largest =
                  Scope.computeWithoutGradient(() -> weight.value().abs().max().item_double());
              assertThat(largest).isLessThanOrEqualTo(1.000001 * compander.a() * Math.PI / 2);
            });
    Tensor companded = logits(model);
    new MaterializeCompander().apply(model);
    assertThat(logits(model).equal(companded)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(WeightMethod.class)
  void givenAQuantizer_whenItIsPutOnCompandedWeights_thenItRoundsThemAndBothTrainAndConvert(
      WeightMethod method) {
    Module model = mlp();
    new CompandWeights(LEARNED).apply(model);
    QuantizationConfiguration configuration =
        new QuantizationConfiguration(
            new LayerBits(3, 8), method, false, new LayerBits(4, 8), List.of());

    Module prepared = new PrepareQuantization(configuration, images(8)).apply(model);

    Map<String, QuantizedWeight> weights = QuantizedWeight.of(prepared);
    assertThat(weights).hasSize(3);
    assertThat(prepared.stateDict())
        .containsKeys(
            "fc1.parametrizations.weight.original", "fc1.parametrizations.weight.0.log_a");
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(prepared, 0.01, 0), Map.of());
    double a = WeightCompander.of(prepared).get("fc1.weight").a();
    double before = step(prepared, optimizer);
    double after = before;
    for (int i = 0; i < 40; i++) {
      after = step(prepared, optimizer);
    }
    assertThat(after).isLessThan(before);
    assertThat(WeightCompander.of(prepared).get("fc1.weight").a()).isNotEqualTo(a);
    Scope.withoutGradient(
        () ->
            weights.forEach(
                (name, weight) -> {
                  WeightCompander compander = WeightCompander.of(prepared).get(name);
                  double largest = weight.latent().abs().max().item_double();
                  assertThat(largest).isLessThanOrEqualTo(1.000001 * compander.a() * Math.PI / 2);
                }));

    Tensor trained = logits(prepared);
    new MaterializeCompander().apply(prepared);
    assertThat(logits(prepared).equal(trained)).isTrue();
    assertThat(prepared.stateDict().keySet()).noneMatch(name -> name.contains("log_a"));
    Module converted = new ConvertQuantization().apply(prepared);
    assertThat(logits(converted).equal(trained)).isTrue();
  }

  @Test
  void givenAQuantizedModel_whenItShallBeCompanded_thenTheRightOrderIsNamed() {
    Module prepared =
        new PrepareQuantization(QuantizationConfiguration.of(4, 8), images(8)).apply(mlp());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(LEARNED).apply(prepared))
        .withMessageContaining("which has no inverse; compand the model first, then quantize");
  }

  @Test
  void
      givenACompandedModel_whenItIsPruned_thenMaskedWeightsStayZeroAndTheMaskOutlivesTheCompander() {
    Module model = mlp();
    new CompandWeights(LEARNED).apply(model);
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    Parameter weight = ((Linear) model.getSubmodule("fc1")).weight();
    Tensor stored = Scope.keep(weight.tensor().detach().clone());
    Tensor masked =
        Scope.computeWithoutGradient(
            () -> model.stateDict().get("fc1.parametrizations.weight.1.mask").logical_not());

    Optimizer optimizer = Optimizers.create("sgd", ParameterGroup.of(model, 0.1, 0), Map.of());
    for (int i = 0; i < 5; i++) {
      step(model, optimizer);
    }

    Scope.withoutGradient(
        () -> {
          assertThat(masked.sum().item_long()).isEqualTo(weight.tensor().numel() / 2);
          assertThat(weight.value().masked_select(masked).abs().max().item_double()).isZero();
          assertThat(weight.tensor().masked_select(masked).equal(stored.masked_select(masked)))
              .isTrue();
          assertThat(weight.tensor().equal(stored)).isFalse();
        });
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(LEARNED).apply(model))
        .withMessageContaining("has a PruningMask already");
    Tensor trained = logits(model);
    new MaterializeCompander().apply(model);
    assertThat(logits(model).equal(trained)).isTrue();
    assertThat(weight.parametrizations()).hasSize(1);
  }

  @Test
  void givenAHead_whenItGrows_thenCompandedRowsKeepTheirBits() {
    Module model = mlp();
    new CompandWeights(CompanderConfiguration.of(Companding.absolute(0.5, 0.2))).apply(model);
    Tensor before = logits(model);
    Tensor stored = model.stateDict().get("fc3.parametrizations.weight.original").detach().clone();

    new GrowHead(3).apply(model);

    Tensor grown = model.stateDict().get("fc3.parametrizations.weight.original");
    assertThat(grown.narrow(0, 0, stored.size(0)).equal(stored)).isTrue();
    assertThat(torch.allclose(logits(model).narrow(1, 0, before.size(1)), before)).isTrue();
    assertThat(WeightCompander.of(model).get("fc3.weight").a()).isCloseTo(0.5, within(1e-7));
  }

  @Test
  void givenAHeadWithASmallA_whenItGrows_thenTheModelIsUnchangedAndTheMessageNamesTheA() {
    Module model = mlp();
    Linear head = (Linear) model.getSubmodule("fc3");
    Scope.withoutGradient(() -> head.weight().tensor().mul_(new Scalar(0.01)));
    new CompandWeights(LEARNED).apply(model);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(1).apply(model))
        .withMessageContaining("'fc3.weight' cannot grow")
        .withMessageContaining("the smallest a that works is");
    assertThat(model.getSubmodule("fc3")).isSameAs(head);
  }

  private static Trainer trainer(Module model, RunDirectory run) {
    new CompandWeights(LEARNED).apply(model);
    return new Trainer(
            model,
            Optimizers.create("adamp", ParameterGroup.of(model, 0.01, 0.05), Map.of()),
            batches(5),
            new CrossEntropy(0),
            TrainingConfiguration.ofEpochs(3).withSeed(2).withLogEvery(1).withMonitor("loss"))
        .evaluate(batches(1))
        .callback("compander", new CompanderTracking(2))
        .callback("histograms", new WeightHistograms(20))
        .runDirectory(run);
  }

  @Test
  void givenARunThatIsStopped_whenItIsResumed_thenWeightsAAndBAndTheLogAreThoseOfAWholeRun()
      throws IOException {
    Module whole = mlp();
    try (RunDirectory run = RunDirectory.create(folder.resolve("whole"))) {
      trainer(whole, run).run();
    }
    try (RunDirectory run = RunDirectory.create(folder.resolve("part"))) {
      Trainer trainer = trainer(mlp(), run);
      trainer.callback("stop", new InterruptionAfter(7, trainer::requestStop)).run();
    }
    Module part = mlp();
    try (RunDirectory run = RunDirectory.resume(folder.resolve("part"))) {
      Trainer trainer = trainer(part, run).callback("stop", new Callback() {});
      assertThat(trainer.resume()).contains(7L);
      trainer.run();
    }

    Map<String, Tensor> expected = new LinkedHashMap<>(whole.stateDict());
    assertThat(part.stateDict().keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, tensor) -> assertThat(part.stateDict().get(name).equal(tensor)).as(name).isTrue());
    assertThat(events("part", "compander")).isEqualTo(events("whole", "compander")).hasSize(8);
    List<String> histograms = events("whole", "histograms");
    assertThat(histograms).hasSize(2);
    assertThat(histograms.get(0)).contains("\"step\":0", "\"fc1.weight\"", "\"edges\"", "\"all\"");
    assertThat(events("part", "histograms")).containsSubsequence(histograms);
    assertThat(events("whole", "compander").get(0)).contains("\"fc1.weight\":{\"a\":");
  }

  private List<String> events(String run, String event) throws IOException {
    return Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl")).stream()
        .filter(line -> line.contains("\"event\":\"" + event + "\""))
        .toList();
  }

  @Test
  void givenAModelWithoutCompander_whenItIsTracked_thenItIsRefused() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompanderTracking(0))
        .withMessage("every must be at least 1 step, but is 0");
    Module plain = mlp();
    Trainer trainer =
        new Trainer(
                plain,
                Optimizers.create("sgd", ParameterGroup.of(plain, 0.01, 0), Map.of()),
                batches(1),
                new CrossEntropy(0),
                TrainingConfiguration.ofEpochs(1))
            .callback("compander", new CompanderTracking(1));

    assertThatIllegalArgumentException()
        .isThrownBy(trainer::run)
        .withMessageContaining("has no companded weight");
  }
}
