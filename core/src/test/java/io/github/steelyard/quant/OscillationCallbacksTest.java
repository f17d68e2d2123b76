package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Adam;
import io.github.steelyard.optim.AdamConfiguration;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.AdamPConfiguration;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.optim.SGDPConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingContext;
import io.github.steelyard.train.WeightAverage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OscillationCallbacksTest {
  private static final double RANGE = 0.1;
  private static final IterativeFreezingConfiguration EAGER =
      new IterativeFreezingConfiguration(0.5, 0.4, 0.1, 4);

  @TempDir Path folder;

  private static Optimizer adamW(Module model) {
    return new AdamW(ParameterGroup.of(model, 0.02, 0.1), AdamWConfiguration.defaults());
  }

  static Stream<Arguments> optimizers() {
    Map<String, Function<Module, Optimizer>> all = new LinkedHashMap<>();
    all.put(
        "sgd",
        m -> new SGD(ParameterGroup.of(m, 0.1, 0.1), new SGDConfiguration(0.9, 0, false, false)));
    all.put("adam", m -> new Adam(ParameterGroup.of(m, 0.02, 0.1), AdamConfiguration.defaults()));
    all.put("adamw", OscillationCallbacksTest::adamW);
    all.put(
        "sgdp",
        m ->
            new SGDP(
                ParameterGroup.of(m, 0.1, 0.1),
                new SGDPConfiguration(0.9, 0, false, 1e-8, 0.1, 0.1)));
    all.put(
        "adamp", m -> new AdamP(ParameterGroup.of(m, 0.02, 0.1), AdamPConfiguration.defaults()));
    return all.entrySet().stream()
        .flatMap(
            e ->
                Stream.of(
                    Arguments.of(e.getKey(), "StatsQ", QuantizedRun.STATSQ, e.getValue()),
                    Arguments.of(e.getKey(), "LSQ", QuantizedRun.LSQ, e.getValue())));
  }

  /** Masks of its own, made before each step, and what became of the frozen entries after it. */
  private static final class Witness implements Callback {
    final WeightAverage average;
    final Map<String, Tensor> before = new LinkedHashMap<>();
    final Map<String, Tensor> frozen = new LinkedHashMap<>();
    final Map<String, Tensor> averages = new LinkedHashMap<>();
    long frozenEntries;
    long heldEntries;
    long movedFree;
    long movedBeforePhase;
    long gradients;
    long averagesOff;

    Witness(WeightAverage average) {
      this.average = average;
    }

    private static long count(Tensor mask) {
      return mask.sum().item_long();
    }

    @Override
    public void beforeStep(TrainingContext context) {
      averages.forEach(
          (name, expected) ->
              averagesOff +=
                  count(
                      average
                          .weights()
                          .get(stored(name))
                          .ne(expected)
                          .logical_and(frozen.get(name))));
      before.clear();
      frozen.clear();
      averages.clear();
      QuantizedWeight.of(context.model())
          .forEach(
              (name, weight) -> {
                Tensor now = weight.latent().detach();
                before.put(name, Scope.keep(now.clone()));
                frozen.put(
                    name,
                    Scope.keep(weight.quantizer().distanceToThreshold(now).gt(new Scalar(RANGE))));
              });
    }

    @Override
    public void afterBackward(TrainingContext context) {
      if (context.epoch() > 0) {
        QuantizedWeight.of(context.model())
            .forEach(
                (name, weight) ->
                    gradients +=
                        count(
                            weight
                                .parameter()
                                .orElseThrow()
                                .grad()
                                .ne(new Scalar(0))
                                .logical_and(frozen.get(name))));
      }
    }

    @Override
    public void afterStep(TrainingContext context) {
      QuantizedWeight.of(context.model())
          .forEach(
              (name, weight) -> {
                Tensor moved = weight.latent().detach().ne(before.get(name));
                Tensor mask = frozen.get(name);
                if (context.epoch() == 0) {
                  movedBeforePhase += count(moved.logical_and(mask));
                  return;
                }
                frozenEntries += count(mask);
                heldEntries += count(mask.logical_and(moved.logical_not()));
                movedFree += count(moved.logical_and(mask.logical_not()));
                averages.put(
                    name,
                    Scope.keep(
                        average
                            .weights()
                            .get(stored(name))
                            .lerp(before.get(name), new Scalar(0.5))));
              });
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("optimizers")
  void givenAnyOptimizer_whenAnnealing_thenFrozenWeightsKeepTheirBitsAndFreeOnesMove(
      String name,
      String method,
      QuantizationConfiguration configuration,
      Function<Module, Optimizer> optimizer) {
    Module model = QuantizedRun.model(configuration);
    WeightAverage average = new WeightAverage(model, 0.5, false);
    Witness witness = new Witness(average);

    QuantizedRun.trainer(model, optimizer)
        .average(average)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(
                new ConfidenceGuidedAnnealingConfiguration(2, RANGE, "*")))
        .callback("witness", witness)
        .run();

    assertThat(witness.frozenEntries).isPositive();
    assertThat(witness.heldEntries).isEqualTo(witness.frozenEntries);
    assertThat(witness.gradients).isZero();
    assertThat(witness.averagesOff).isZero();
    assertThat(witness.movedFree).isPositive();
    assertThat(witness.movedBeforePhase).isPositive();
  }

  @Test
  void givenProductsOfQueriesAndKeys_whenAnnealing_thenFrozenEntriesPassNoGradientInThePhaseOnly() {
    Module model = QuantizedRun.model(QuantizedRun.QKR);
    Parameter query =
        model.namedModules().values().stream()
            .filter(QueryKeyProduct.class::isInstance)
            .map(product -> product.namedParameters().get("query"))
            .findFirst()
            .orElseThrow();
    double[] largest = new double[3];

    QuantizedRun.trainer(model, OscillationCallbacksTest::adamW)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(new ConfidenceGuidedAnnealingConfiguration(1, 0, "*")))
        .callback(
            "witness",
            new Callback() {
              @Override
              public void afterBackward(TrainingContext context) {
                double now = query.grad().abs().max().item_double();
                largest[context.epoch()] = Math.max(largest[context.epoch()], now);
              }
            })
        .run();

    assertThat(largest[0]).isPositive();
    assertThat(largest[1]).isPositive();
    assertThat(largest[2]).isZero();
    Scope.run(
        () -> {
          model.forward(QuantizedRun.batch(0, 0).inputs()).square().sum().backward();
          assertThat(query.grad().abs().max().item_double()).isPositive();
        });
  }

  @Test
  void givenAPattern_whenAnnealing_thenOtherLayersMoveFreely() {
    Module model = QuantizedRun.model(QuantizedRun.STATSQ);
    Map<String, Tensor> start = new LinkedHashMap<>();
    model.namedParameters().forEach((n, p) -> start.put(n, p.tensor().detach().clone()));

    QuantizedRun.trainer(model, OscillationCallbacksTest::adamW)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(
                new ConfidenceGuidedAnnealingConfiguration(3, 0, "blocks.0.mlp.fc1")))
        .run();

    assertThat(moved(model, start, "blocks.0.mlp.fc1.weight")).isFalse();
    assertThat(moved(model, start, "blocks.1.mlp.fc1.weight")).isTrue();
  }

  /** The name in the state dict of a parameter that a quantizer was put on. */
  private static String stored(String weight) {
    return QuantizedWeight.layer(weight) + ".parametrizations.weight.original";
  }

  private static boolean moved(Module model, Map<String, Tensor> start, String weight) {
    String name = stored(weight);
    return !model.namedParameters().get(name).tensor().detach().equal(start.get(name));
  }

  /** A run with everything of this room that acts and watches. */
  private static final class Run {
    final Module model;
    final OscillationTracking tracking =
        new OscillationTracking(OscillationTrackingConfiguration.of(2));
    final Trainer trainer;
    final IterativeFreezing freezing = new IterativeFreezing(EAGER);

    Run(String kind, RunDirectory directory, long stop) {
      model = QuantizedRun.model(kind.equals("freezing") ? QuantizedRun.LSQ : QuantizedRun.QKR);
      trainer = QuantizedRun.trainer(model, OscillationCallbacksTest::adamW);
      trainer
          .callback(
              "acting",
              kind.equals("freezing")
                  ? freezing
                  : new ConfidenceGuidedAnnealing(
                      new ConfidenceGuidedAnnealingConfiguration(2, RANGE, "*")))
          .callback("tracking", tracking)
          .callback("interruption", new InterruptionAfter(stop, trainer::requestStop))
          .runDirectory(directory);
    }
  }

  @ParameterizedTest
  @CsvSource({"annealing, 6", "annealing, 8", "freezing, 7"})
  void givenARunStoppedInTheMiddle_whenItIsResumed_thenWeightsAndRecordsEqualAWholeRun(
      String kind, long stop) throws IOException {
    Run whole;
    try (RunDirectory directory = RunDirectory.create(folder.resolve("whole"))) {
      whole = new Run(kind, directory, -1);
      whole.trainer.run();
    }
    try (RunDirectory directory = RunDirectory.create(folder.resolve("parts"))) {
      new Run(kind, directory, stop).trainer.run();
    }
    Run part;
    String log;
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("parts"))) {
      part = new Run(kind, directory, -1);
      assertThat(part.trainer.resume()).contains(stop);
      part.trainer.run();
      log = Files.readString(directory.metrics());
    }

    Map<String, Tensor> expected = whole.model.stateDict();
    part.model
        .stateDict()
        .forEach((n, tensor) -> assertThat(tensor.equal(expected.get(n))).as(n).isTrue());
    assertThat(part.tracking.samples())
        .isEqualTo(whole.tracking.samples())
        .hasSize(QuantizedRun.STEPS / 2);
    assertThat(part.tracking.lastDwell()).isEqualTo(whole.tracking.lastDwell());
    assertThat(part.tracking.tracker().ema().equal(whole.tracking.tracker().ema())).isTrue();
    assertThat(part.tracking.tracker().total().equal(whole.tracking.tracker().total())).isTrue();
    for (int i = 0; i < 6; i++) {
      assertThat(part.tracking.trajectories().get(i).points())
          .isEqualTo(whole.tracking.trajectories().get(i).points())
          .hasSize(QuantizedRun.STEPS + 1);
    }
    assertThat(part.freezing.frozenShare()).isEqualTo(whole.freezing.frozenShare());
    assertThat(log).contains("\"event\":\"oscillation\"", "\"dwell\":[", "\"positions\":{");
  }

  @Test
  void givenATrackedRun_whenItEnds_thenSamplesAgreeWithTheTrackerAndCountEveryWeight() {
    Module model = QuantizedRun.model(QuantizedRun.QKR);
    OscillationTracking tracking =
        new OscillationTracking(
            new OscillationTrackingConfiguration(4, 0.5, 0.005, 2, "blocks.1.mlp.*"));
    QuantizedRun.trainer(model, OscillationCallbacksTest::adamW)
        .callback("tracking", tracking)
        .run();

    OscillationSample last = tracking.samples().get(2);
    assertThat(last.step()).isEqualTo(QuantizedRun.STEPS);
    assertThat(last.total()).isPositive().isEqualTo(tracking.tracker().total().sum().item_long());
    long weights = tracking.tracker().ema().numel();
    assertThat(last.share())
        .isPositive()
        .isEqualTo(tracking.tracker().ema().gt(new Scalar(0.005)).sum().item_double() / weights);
    assertThat(last.shares().keySet()).isEqualTo(QuantizedWeight.of(model).keySet());
    assertThat(last.dwell().stream().mapToLong(Long::longValue).sum()).isEqualTo(weights);
    assertThat(tracking.trajectories())
        .extracting(WeightTrajectory::weight)
        .containsExactly("blocks.1.mlp.fc1.weight", "blocks.1.mlp.fc2.weight");
  }

  @Test
  void givenAFreezingRun_whenItEnds_thenHeldIntegersStayedAndTheModelIsRightWithoutTheCallback() {
    Module model = QuantizedRun.model(QuantizedRun.LSQ);
    IterativeFreezing freezing = new IterativeFreezing(EAGER);
    Map<String, Tensor> masks = new LinkedHashMap<>();
    Map<String, Tensor> held = new LinkedHashMap<>();
    long[] counts = new long[2];
    Callback witness =
        new Callback() {
          @Override
          public void afterStep(TrainingContext context) {
            Map<String, QuantizedWeight> all = QuantizedWeight.of(context.model());
            masks.forEach(
                (n, mask) -> {
                  Tensor now = all.get(n).quantize().integers();
                  counts[0] += mask.sum().item_long();
                  counts[1] += now.ne(held.get(n)).logical_and(mask).sum().item_long();
                });
            TensorGroups.of(freezing.state().tensors())
                .forEach(
                    (n, parts) -> {
                      if (parts.containsKey("mask")) {
                        masks.put(n, Scope.keep(parts.get("mask").ne(new Scalar(0))));
                        held.put(n, Scope.keep(parts.get("integers").clone()));
                      }
                    });
          }
        };
    Tensor[] output = new Tensor[1];
    QuantizedRun.trainer(model, OscillationCallbacksTest::adamW)
        .callback("freezing", freezing)
        .callback("witness", witness)
        .callback(
            "output",
            new Callback() {
              @Override
              public void afterEpoch(TrainingContext context) {
                output[0] = Scope.keep(output(context.model()));
              }
            })
        .run();

    assertThat(freezing.frozenShare()).isBetween(1e-6, 1.0);
    assertThat(counts[0]).isPositive();
    assertThat(counts[1]).isZero();
    assertThat(masks.keySet()).isNotEmpty().doesNotContain("head.weight");
    Module loaded = QuantizedRun.model(QuantizedRun.LSQ);
    loaded.loadStateDict(model.stateDict());
    assertThat(output(loaded).equal(output[0])).isTrue();
    assertThat(output(new ConvertQuantization().apply(loaded)).equal(output[0])).isTrue();
  }

  private static Tensor output(Module model) {
    boolean training = model.isTraining();
    model.eval();
    Tensor output =
        Scope.computeWithoutGradient(() -> model.forward(QuantizedRun.batch(7, 7).inputs()));
    model.train(training);
    return output;
  }

  @Test
  void givenAFrozenLsq_whenItIsUnfrozen_thenIntegersFollowTheWeightAgain() {
    Lsq quantizer = new Lsq(2, Slice.OUTPUT_CHANNEL, Signedness.SIGNED);
    Tensor weight = torch.tensor(new float[] {-1, -0.4f, 0.4f, 1}).reshape(1, 4);
    Tensor own = quantizer.forward(weight);
    Tensor all = torch.ones_like(weight).gt(new Scalar(0));
    for (int level : new int[] {-2, 1}) {
      quantizer.freeze(all, torch.zeros_like(weight).add(new Scalar(level)));
      assertThat(quantizer.quantize(weight).integers().eq(new Scalar(level)).all().item_bool())
          .isTrue();
    }
    quantizer.unfreeze();
    quantizer.unfreeze();
    assertThat(quantizer.forward(weight).equal(own)).isTrue();
  }

  @Test
  void givenIntegersByHand_whenTheyAreTracked_thenOnlySwitchesAgainstTheLastOnesCount() {
    OscillationTracker tracker = new OscillationTracker(0.5);
    for (int[] integers : new int[][] {{0, 0, 0}, {1, 1, 0}, {0, 2, 0}, {0, 1, 0}, {1, 1, 0}}) {
      tracker.update(torch.tensor(integers));
    }
    assertThat(List.of(0, 1, 2).stream().map(i -> tracker.total().select(0, i).item_int()))
        .containsExactly(2, 1, 0);
    assertThat(List.of(0, 1, 2).stream().map(i -> tracker.ema().select(0, i).item_double()))
        .containsExactly(0.625, 0.25, 0.0);
    assertThatThrownBy(() -> tracker.update(torch.tensor(new int[] {1})))
        .hasMessageContaining("[3], not [1]");
  }

  @Test
  void givenMoreStepsThanPoints_whenAWeightIsFollowed_thenMemoryStaysBounded() {
    WeightTrajectory trajectory = new WeightTrajectory("w", 0, -2, 1);
    for (long step = 0; step < 50_000; step++) {
      if (trajectory.wants(step)) {
        trajectory.add(step, (double) step);
      }
    }
    assertThat(trajectory.points()).hasSizeBetween(500, 1000);
    assertThat(trajectory.points().get(0).step()).isZero();
    assertThat(trajectory.points()).allMatch(point -> point.step() % trajectory.stride() == 0);
  }

  @Test
  void givenAStartedTracking_whenAnEmptyStateIsRestored_thenItHasSeenNothing() {
    Module model = QuantizedRun.model(QuantizedRun.STATSQ);
    OscillationTracking tracking = new OscillationTracking(OscillationTrackingConfiguration.of(1));
    State empty = tracking.state();
    QuantizedRun.trainer(model, OscillationCallbacksTest::adamW)
        .callback("tracking", tracking)
        .run();

    tracking.restore(empty);

    assertThat(tracking.tracker().isStarted()).isFalse();
    assertThat(tracking.samples()).isEmpty();
    assertThat(tracking.trajectories()).isEmpty();
  }

  @Test
  void givenWhatDoesNotFit_whenARunBegins_thenTheErrorSaysWhatWould() {
    refused(QuantizedRun.STATSQ, new IterativeFreezing(EAGER), "use the method LSQ");
    refused(
        QuantizedRun.STATSQ,
        new ConfidenceGuidedAnnealing(ConfidenceGuidedAnnealingConfiguration.of(4)),
        "4 epochs, but the run has 3");
    refused(
        QuantizedRun.STATSQ,
        new ConfidenceGuidedAnnealing(
            new ConfidenceGuidedAnnealingConfiguration(1, 0.005, "blocks.0.mlp.fc3")),
        "did you mean");
    refused(
        QuantizedRun.LSQ,
        new IterativeFreezing(new IterativeFreezingConfiguration(0.01, 0.04, 0.01, 1)),
        "raise maxBits");
    assertThatThrownBy(() -> new ConfidenceGuidedAnnealingConfiguration(1, 0.6, "*"))
        .hasMessageContaining("0.6");
    assertThatThrownBy(() -> new StatsQ(2).setBoundaryRange(OptionalDouble.of(-1)))
        .hasMessageContaining("-1");
  }

  private static void refused(
      QuantizationConfiguration configuration, Callback callback, String message) {
    Module model = QuantizedRun.model(configuration);
    Trainer trainer =
        QuantizedRun.trainer(model, OscillationCallbacksTest::adamW).callback("own", callback);
    assertThatThrownBy(trainer::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
