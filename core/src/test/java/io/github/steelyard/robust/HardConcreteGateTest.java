package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.BatchSource;
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
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.robust.AdversarialConfiguration.Kind;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class HardConcreteGateTest {
  @TempDir Path folder;

  @BeforeEach
  void seed() {
    Seeds.set(8);
  }

  private static Sequential network() {
    Seeds.set(8);
    return new Sequential(
        new Conv2d(Conv2dConfiguration.of(1, 6, 3).withPadding(1)),
        new BatchNorm2d(6),
        new ReLU(),
        new Conv2d(Conv2dConfiguration.of(6, 5, 3).withPadding(1)),
        new ReLU(),
        new Flatten(),
        new Linear(5 * 16, 3));
  }

  private static Module gated() {
    return new AddGates(GatesConfiguration.defaults()).apply(network());
  }

  private static Tensor value(Parameter parameter) {
    return Scope.computeWithoutGradient(() -> parameter.value().clone());
  }

  private static Parameter weight(Module model, String path) {
    return LayerWeights.of(model).get(path);
  }

  @Test
  void givenGates_whenManyAreSampled_thenTheirDistributionIsHardConcrete() {
    HardConcreteGate gate =
        new HardConcreteGate(
            20_000, HardConcreteGate.Unit.OUTPUT_CHANNEL, HardConcrete.DEFAULT, 0.3);

    Tensor sample = gate.gates();

    Tensor parameters = gate.logAlpha().tensor();
    assertThat(parameters.mean().item_double()).isCloseTo(Math.log(0.7 / 0.3), within(0.001));
    assertThat(parameters.std().item_double()).isCloseTo(0.01, within(0.001));
    double open = sample.gt(new Scalar(0.0)).to(ScalarType.Double).mean().item_double();
    assertThat(open).isCloseTo(gate.probabilityOpen().mean().item_double(), within(0.01));
    assertThat(sample.eq(new Scalar(1.0)).sum().item_long()).isGreaterThan(1000);
    assertThat(sample.min().item_double()).isZero();
    assertThat(sample.max().item_double()).isEqualTo(1);
  }

  @Test
  void givenOneDraw_whenTheWeightIsReadAgain_thenItIsTheSameAndNothingIsDrawn() {
    Module model = gated();
    Tensor generator = Seeds.generatorState();

    Tensor first = value(weight(model, "3"));
    Tensor second = value(weight(model, "3"));

    assertThat(torch.equal(first, second)).isTrue();
    assertThat(torch.equal(generator, Seeds.generatorState())).isTrue();
    HardConcreteGate.of(model).get("3").draw();
    assertThat(torch.equal(first, value(weight(model, "3")))).isFalse();
    model.eval();
    Tensor evaluated = value(weight(model, "3"));
    HardConcreteGate.of(model).get("3").draw();
    assertThat(torch.equal(evaluated, value(weight(model, "3")))).isTrue();
  }

  @Test
  void givenAClosedGate_whenTheLayerRuns_thenItsChannelIsZeroWithItsBias() {
    Module model = gated();
    model.eval();
    Scope.withoutGradient(
        () ->
            HardConcreteGate.of(model)
                .get("3")
                .logAlpha()
                .tensor()
                .select(0, 2)
                .fill_(new Scalar(Math.log(0.01))));

    Tensor output =
        Scope.computeWithoutGradient(
            () -> model.getSubmodule("3").forward(torch.randn(2, 6, 4, 4)));

    assertThat(output.select(1, 2).abs().max().item_double()).isZero();
    assertThat(output.select(1, 1).abs().min().item_double()).isGreaterThan(0);
    assertThat(HardConcreteGate.of(model).get("3").open()).isEqualTo(4);
    assertThat(model.stateDict().keySet())
        .contains("3.parametrizations.weight.0.log_alpha", "3.parametrizations.bias.original")
        .noneMatch(name -> name.contains("uniform"));
  }

  private static Trainer trainer(Module model, BatchSource samples) {
    return new Trainer(
            model,
            new SGD(ParameterGroup.of(model, 0.1, 0), new SGDConfiguration(0.9, 0, true, false)),
            samples,
            new AdversarialLoss(
                AdversarialConfiguration.of(Kind.TRADES_PUBLISHED, 0.05),
                InputDomain.plain(0, 1),
                new CrossEntropy()),
            TrainingConfiguration.ofEpochs(2).with(t -> t.logEvery = 1))
        .penalty(
            "tsc", new TransformedSparseConstraint(TransformedSparseConfiguration.defaults(), 48))
        .penalty("cnc", ConditionNumberConstraint.of(1))
        .callback("gates", new GateTraining());
  }

  @Test
  void givenAnInterruptedRunWithGates_whenItResumes_thenItEndsInTheSameWeights()
      throws IOException {
    BatchSource samples =
        Samples.of(
            Samples.random(16, 3, 1, 4, 4),
            Samples.random(16, 3, 1, 4, 4),
            Samples.random(16, 3, 1, 4, 4));
    Module whole = gated();
    trainer(whole, samples).run();

    Path path = folder.resolve("run");
    try (RunDirectory run = RunDirectory.create(path)) {
      Trainer first = trainer(gated(), samples).runDirectory(run);
      first.callback("stop", new InterruptionAfter(2, first::requestStop));
      first.run();
    }
    Module resumed = gated();
    try (RunDirectory run = RunDirectory.resume(path)) {
      Trainer second = trainer(resumed, samples).runDirectory(run);
      assertThat(second.resume()).contains(2L);
      second.run();
    }

    resumed
        .stateDict()
        .forEach(
            (name, tensor) ->
                assertThat(torch.equal(tensor, whole.stateDict().get(name))).as(name).isTrue());
    assertThat(Files.readString(path.resolve("metrics.jsonl")))
        .contains("\"gates\"", "expected_open", "penalty.tsc", "penalty.cnc");
  }

  @Test
  void givenAStepThatMovesGatesFarAway_whenItEnds_thenTheyAreBackInTheirRange() {
    Module model = gated();
    BatchSource samples = Samples.of(Samples.random(16, 3, 1, 4, 4));
    for (HardConcreteGate gate : HardConcreteGate.of(model).values()) {
      Scope.withoutGradient(
          () -> {
            gate.logAlpha().tensor().select(0, 0).fill_(new Scalar(50.0));
            gate.logAlpha().tensor().select(0, 1).fill_(new Scalar(-50.0));
          });
    }

    trainer(model, samples).run();

    for (HardConcreteGate gate : HardConcreteGate.of(model).values()) {
      assertThat(gate.logAlpha().tensor().max().item_double())
          .isLessThanOrEqualTo(Math.log(100) + 1e-6);
      assertThat(gate.logAlpha().tensor().min().item_double())
          .isGreaterThanOrEqualTo(Math.log(0.01) - 1e-6);
    }
  }

  @Test
  void givenAnOptimizerMadeBeforeTheGates_whenTheRunBegins_thenItIsRefused() {
    Module model = network();
    SGD early =
        new SGD(ParameterGroup.of(model, 0.1, 0), new SGDConfiguration(0.9, 0, true, false));
    BatchSource samples = Samples.of(Samples.random(16, 3, 1, 4, 4));
    TrainingConfiguration once = TrainingConfiguration.ofEpochs(1);
    assertThatThrownBy(
            () ->
                new Trainer(model, early, samples, new CrossEntropy(), once)
                    .callback("gates", new GateTraining())
                    .run())
        .hasMessageContaining("there are no gates to train");
    new AddGates(GatesConfiguration.defaults()).apply(model);

    assertThatThrownBy(
            () ->
                new Trainer(model, early, samples, new CrossEntropy(), once)
                    .callback("gates", new GateTraining())
                    .run())
        .hasMessageContaining("does not move the gates of [0, 3]")
        .hasMessageContaining("make it after AddGates");
  }

  @Test
  void givenAResidualNetwork_whenGatesAreAdded_thenTheFirstConvolutionOfEachBlockGetsThem() {
    Module model = Models.create("resnet8", ModelOptions.none());

    new AddGates(GatesConfiguration.defaults()).apply(model);

    assertThat(HardConcreteGate.of(model).keySet())
        .containsExactly("layer1.0.conv1", "layer2.0.conv1", "layer3.0.conv1");
  }

  @Test
  void givenChannelsThatAShortcutShares_whenGatesAreAdded_thenItIsRefusedAndNothingChanged() {
    Module model = Models.create("resnet8", ModelOptions.none());
    List<String> names = List.copyOf(model.stateDict().keySet());
    GatesConfiguration shared =
        new GatesConfiguration(
            2.0 / 3, 0.3, List.of("layer1.0.conv1", "layer?.0.conv2"), List.of(), List.of());

    assertThatThrownBy(() -> new AddGates(shared).apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[layer1.0.conv2, layer2.0.conv2, layer3.0.conv2]")
        .hasMessageContaining("a shortcut adds them")
        .hasMessageContaining("layer1.0.conv1");
    assertThat(model.stateDict().keySet()).containsExactlyElementsOf(names);
  }

  @Test
  void givenCombinationsWithoutSense_whenGatesAreAdded_thenTheReasonIsNamed() {
    AddGates gates = new AddGates(GatesConfiguration.defaults());
    assertThatThrownBy(() -> gates.apply(gated())).hasMessageContaining("'0' has gates already");
    assertThatThrownBy(
            () -> gates.apply(new ScorePruning(ScorePruningConfiguration.of(0.5)).apply(network())))
        .hasMessageContaining("'0' is pruned by scores already");
    Module quantized =
        new PrepareQuantization(QuantizationConfiguration.of(3, 8), torch.randn(2, 1, 4, 4))
            .apply(network());
    assertThatThrownBy(() -> gates.apply(quantized)).hasMessageContaining("then quantize");
    assertThatThrownBy(() -> gates.apply(Models.create("mlp", ModelOptions.none())))
        .hasMessageContaining("has no convolution")
        .hasMessageContaining("inputs");
    assertThatThrownBy(() -> gates.configuration().withExcept(List.of()).withExcept(List.of(" ")))
        .hasMessageContaining("layers must be patterns");
    assertThatThrownBy(
            () ->
                new AddGates(GatesConfiguration.defaults().withExcept(List.of("*")))
                    .apply(network()))
        .hasMessageContaining("no layer is left to gate");
    assertThatThrownBy(
            () -> new AddGates(GatesConfiguration.ofInputs(List.of("3"))).apply(network()))
        .hasMessageContaining("'3' is a Conv2d");
    assertThatThrownBy(() -> new GatesConfiguration(0, 0.3, List.of("*"), List.of(), List.of()))
        .hasMessageContaining("temperature must be above 0");
    assertThatThrownBy(() -> new GatesConfiguration(1, 1, List.of("*"), List.of(), List.of()))
        .hasMessageContaining("dropRate must be above 0 and below 1");
  }

  @Test
  void givenGates_whenWeightsAreExpected_thenBothSidesOfAChannelAreCounted() {
    Module model = gated();
    Map<String, HardConcreteGate> gates = HardConcreteGate.of(model);
    Tensor generator = Seeds.generatorState();

    GateReport report = GateReport.of(model, torch.zeros(2, 1, 4, 4));

    assertThat(torch.equal(generator, Seeds.generatorState())).isTrue();
    assertThat(model.isTraining()).isTrue();
    double p0 = gates.get("0").probabilityOpen().mean().item_double();
    double p3 = gates.get("3").probabilityOpen().mean().item_double();
    assertThat(report.weights()).isEqualTo(54 + 270 + 240);
    double expected = 54 * p0 + 270 * p0 * p3 + 240 * p3;
    assertThat(report.expectedWeights()).isCloseTo(expected, within(1e-3));
    assertThat(report.flops()).isEqualTo(2 * (16 * 54 + 16 * 270 + 240));
    assertThat(report.expectedFlops())
        .isCloseTo(2 * (16 * 54 * p0 + 16 * 270 * p0 * p3 + 240 * p3), within(1e-2));
    assertThat(report.layers()).extracting(GateReport.Layer::path).containsExactly("0", "3");
    assertThat(report.layers().get(0).units()).isEqualTo(6);
    GateReport plain = GateReport.of(network(), torch.zeros(1, 1, 4, 4));
    assertThat(plain.expectedFlops()).isEqualTo(plain.flops());
  }

  @Test
  void givenGatedWeights_whenPrunedByMagnitude_thenChanceDoesNotDecide() {
    Module one = gated();
    Module two = gated();
    HardConcreteGate.of(two).values().forEach(HardConcreteGate::draw);

    new MagnitudePruning(PruningConfiguration.global(0.5)).apply(one);
    new MagnitudePruning(PruningConfiguration.global(0.5)).apply(two);

    for (String path : List.of("0", "3", "6")) {
      Tensor first = MagnitudePruning.mask(weight(one, path)).orElseThrow().mask().tensor();
      Tensor second = MagnitudePruning.mask(weight(two, path)).orElseThrow().mask().tensor();
      assertThat(torch.equal(first, second)).as(path).isTrue();
    }
  }
}
