package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.incremental.WeightRestriction;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.quant.ConfidenceGuidedAnnealing;
import io.github.steelyard.quant.ConfidenceGuidedAnnealingConfiguration;
import io.github.steelyard.quant.IterativeFreezing;
import io.github.steelyard.quant.IterativeFreezingConfiguration;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.OscillationTrackingConfiguration;
import io.github.steelyard.robust.GradualPruning;
import io.github.steelyard.robust.PruningSchedule;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.EarlyStopping;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.Penalty;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingLoop;
import io.github.steelyard.train.TrainingResult;
import io.github.steelyard.train.TrainingResult.Outcome;
import io.github.steelyard.train.TrainingRun;
import io.github.steelyard.train.WeightAverage;
import io.github.steelyard.train.WeightHistograms;
import io.github.steelyard.train.WeightTracking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An own loop has the callbacks, the checkpoints and the bits of the Trainer. */
@Tag("once")
class OwnLoopTest {
  private static final int BATCHES = 5;
  private static final int STEPS = 9;
  private static final CrossEntropy LOSS = new CrossEntropy(0.1);
  private static final Penalty PENALTY =
      model -> model.namedParameters().values().iterator().next().value().square().mean();

  /** Two batches a step, so that each epoch's last step has one. */
  private static final TrainingConfiguration CONFIGURATION =
      TrainingConfiguration.ofEpochs(3)
          .with(
              t -> {
                t.seed = 5;
                t.accumulation = 2;
                t.maxGradientNorm = 1;
                t.logEvery = 1;
                t.checkpointEverySteps = 2;
                t.monitor = "average.accuracy";
              });

  @TempDir Path folder;

  /** Networks, what is put on them, and the callbacks that act on it. */
  @SuppressWarnings("ImmutableEnumChecker") // Nothing changes them.
  enum Variant {
    ANNEALED(Network.TRANSFORMER, List.of(Part.STATSQ)) {
      @Override
      Map<String, Callback> callbacks() {
        return Map.of("annealing", annealing());
      }
    },
    FROZEN(Network.TRANSFORMER, List.of(Part.LSQ)) {
      @Override
      Map<String, Callback> callbacks() {
        Map<String, Callback> callbacks = new LinkedHashMap<>();
        callbacks.put("freezing", new IterativeFreezing(IterativeFreezingConfiguration.defaults()));
        callbacks.put("tracking", new OscillationTracking(OscillationTrackingConfiguration.of(1)));
        return callbacks;
      }
    },
    PRUNED(Network.CONVOLUTIONAL, List.of(Part.ADAMP, Part.TSCNC)) {
      @Override
      Map<String, Callback> callbacks() {
        return Map.of("pruning", pruning(network));
      }
    },
    PRUNED_AND_ANNEALED(Network.TRANSFORMER, List.of(Part.TSCNC, Part.LSQ)) {
      @Override
      Map<String, Callback> callbacks() {
        Map<String, Callback> callbacks = new LinkedHashMap<>();
        callbacks.put("pruning", pruning(network));
        callbacks.put("annealing", annealing());
        return callbacks;
      }
    },
    RESTRICTED(Network.PERCEPTRON, List.of()) {
      @Override
      Map<String, Callback> callbacks() {
        return Map.of("restriction", new WeightRestriction());
      }
    };

    final Network network;
    final Combination combination;

    Variant(Network network, List<Part> parts) {
      this.network = network;
      combination = new Combination(network, parts);
    }

    /** New callbacks, without a state. */
    abstract Map<String, Callback> callbacks();

    private static Callback annealing() {
      return new ConfidenceGuidedAnnealing(new ConfidenceGuidedAnnealingConfiguration(1, 0.2, "*"));
    }

    private static Callback pruning(Network network) {
      return new GradualPruning(Part.pruning(network), new PruningSchedule(1, 6, 1));
    }
  }

  /** All that takes part in one training; each is made anew, as a new process does. */
  private static final class Training {
    final Module model;
    final Optimizer optimizer;
    final WeightAverage average;
    final Map<String, Callback> callbacks = new LinkedHashMap<>();
    final Evaluator evaluator = new Evaluator(Network.batches(2), List.of(new Accuracy()));

    Training(Variant variant) {
      model = variant.combination.model();
      optimizer = variant.combination.optimizer(model);
      average = new WeightAverage(model, 0.9, true);
      callbacks.putAll(variant.callbacks());
      callbacks.put("weights", new WeightTracking(2));
      callbacks.put("histograms", new WeightHistograms(3));
      callbacks.put("stopping", new EarlyStopping("accuracy", 100, 0));
    }

    TrainingRun run() {
      TrainingRun run =
          new TrainingRun(model, optimizer, BATCHES, CONFIGURATION)
              .schedule(Schedules.cosine(STEPS, 0))
              .penalty("first", PENALTY)
              .evaluate(evaluator)
              .average(average);
      callbacks.forEach(run::callback);
      return run;
    }

    TrainingResult trainer(RunDirectory directory) {
      Trainer trainer =
          new Trainer(model, optimizer, Network.batches(BATCHES), LOSS, CONFIGURATION)
              .schedule(Schedules.cosine(STEPS, 0))
              .penalty("first", PENALTY)
              .evaluate(evaluator)
              .average(average)
              .runDirectory(directory);
      callbacks.forEach(trainer::callback);
      return trainer.run();
    }

    /** The loop that a user writes. Ends without a word after a step, as a killed one does. */
    TrainingResult loop(TrainingRun run, long stopAfter, Path file) throws IOException {
      try (TrainingLoop loop = run.begin()) {
        while (loop.hasNextEpoch()) {
          loop.beforeEpoch();
          try (BatchStream batches = Network.batches(BATCHES).epoch(loop.epoch(), loop.batch())) {
            while (loop.hasNextStep()) {
              Scope.run(() -> step(loop, batches));
              if (loop.context().step() == stopAfter) {
                loop.checkpoint().write(file);
                return null;
              }
            }
          }
          loop.afterEpoch();
        }
        return loop.afterRun();
      }
    }

    private void step(TrainingLoop loop, BatchStream batches) {
      loop.beforeStep();
      int parts = loop.batchesInStep();
      for (int i = 0; i < parts; i++) {
        Batch batch = batches.next();
        loop.backward(batch.size(), () -> LOSS.compute(model, batch).loss());
      }
      if (loop.afterBackward()) {
        optimizer.step();
      }
      loop.afterStep();
    }

    /** All bits of the run's end. */
    Map<String, Tensor> state() {
      Map<String, Tensor> state = new LinkedHashMap<>();
      model.stateDict().forEach((name, tensor) -> state.put("model/" + name, tensor));
      average.weights().forEach((name, tensor) -> state.put("average/" + name, tensor));
      optimizer.state().tensors().forEach((name, tensor) -> state.put("optimizer/" + name, tensor));
      callbacks.forEach(
          (name, callback) ->
              callback
                  .state()
                  .tensors()
                  .forEach((key, tensor) -> state.put(name + "/" + key, tensor)));
      return state;
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenAnOwnLoop_whenItRuns_thenItEndsInTheBitsAndTheLogOfTheTrainer(Variant variant)
      throws IOException {
    Training trained = new Training(variant);
    Training own = new Training(variant);
    try (RunDirectory one = RunDirectory.create(folder.resolve("trainer"));
        RunDirectory other = RunDirectory.create(folder.resolve("own"))) {
      TrainingResult expected = trained.trainer(one);
      TrainingResult result = own.loop(own.run().runDirectory(other), -1, null);

      assertThat(result.steps()).isEqualTo(STEPS);
      assertThat(result).usingRecursiveComparison().ignoringFields("seconds").isEqualTo(expected);
      assertThat(log(other)).isEqualTo(log(one));
    }
    requireSame(own, trained);
    variant.combination.parts().forEach(part -> part.requireActed(own.model, own.optimizer));
  }

  @ParameterizedTest
  @EnumSource
  void givenAnOwnLoopThatIsKilled_whenItGoesOnFromItsCheckpoint_thenItEndsInTheSameBits(
      Variant variant) throws IOException {
    Training whole = new Training(variant);
    TrainingResult expected = whole.loop(whole.run(), -1, null);
    Path file = folder.resolve("run.safetensors");

    for (int stop : new int[] {3, 5, 8}) { // at an epoch's end, within the second and the last
      Training killed = new Training(variant);
      assertThat(killed.loop(killed.run(), stop, file)).isNull();
      Training resumed = new Training(variant);
      TrainingRun run = resumed.run();
      Scope.run(() -> run.restore(Checkpoint.read(file)));
      TrainingResult result = resumed.loop(run, -1, null);

      assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(result).usingRecursiveComparison().ignoringFields("seconds").isEqualTo(expected);
      requireSame(resumed, whole);
      requireSameValues(resumed, whole);
    }
  }

  private static void requireSameValues(Training one, Training other) {
    one.callbacks.forEach(
        (name, callback) ->
            assertThat(callback.state().values())
                .as(name)
                .isEqualTo(other.callbacks.get(name).state().values()));
  }

  private static void requireSame(Training one, Training other) {
    Map<String, Tensor> expected = other.state();
    Map<String, Tensor> state = one.state();
    assertThat(state.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, tensor) -> assertThat(bits(state.get(name)).equal(bits(tensor))).as(name).isTrue());
  }

  /** What is not a number equals itself too. */
  private static Tensor bits(Tensor tensor) {
    return Scope.computeWithoutGradient(tensor::nan_to_num);
  }

  private static List<String> log(RunDirectory run) throws IOException {
    return Files.readAllLines(run.metrics()).stream()
        .map(line -> line.replaceAll("\"seconds\":[^,}]+", ""))
        .toList();
  }
}
