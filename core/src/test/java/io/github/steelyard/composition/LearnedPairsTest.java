package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.incremental.GrowHead;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.StepResult;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.StreamData;
import io.github.steelyard.incremental.TinyStream;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Weight aligning with distillation on networks whose weights another method acts on. */
@Tag("once")
class LearnedPairsTest {
  private static final StreamData DATA = TinyStream.stream();
  private static final Scenario SCENARIO = Scenario.of(DATA.training(), List.of(2, 1, 3));

  @TempDir Path folder;

  /** A learner and the last optimizer that it made. */
  private static final class Learner {
    final Network network = Network.PERCEPTRON;
    final AtomicReference<Optimizer> optimizer = new AtomicReference<>();
    final Combination combination;
    final IncrementalLearner learner;

    /** Stops in the second step of the stream, after some optimizer steps; never if negative. */
    Learner(Part part, long stop) {
      combination = new Combination(network, List.of(part));
      learner =
          new IncrementalLearner(
              IncrementalConfiguration.of(
                  Strategies.get("wa"),
                  MemoryConfiguration.total(24),
                  TrainingConfiguration.ofEpochs(2).with(t -> t.seed = 5)),
              classes -> prepared(part, network.made(classes)),
              model -> {
                optimizer.set(combination.optimizer(model));
                return optimizer.get();
              });
      learner.setup(
          (trainer, classes, test) -> {
            part.add(trainer, network);
            trainer.callback(
                "stop",
                new InterruptionAfter(classes.steps() == 2 ? stop : -1, learner::requestStop));
          });
    }

    private Module prepared(Part part, Module plain) {
      return quantization(part)
          .map(own -> new PrepareQuantization(own, Network.batch(9, 9).inputs()).apply(plain))
          .orElseGet(() -> part.prepare(plain, network));
    }

    /** The last layer grows, so it stays in floating point. */
    Optional<QuantizationConfiguration> quantization(Part part) {
      return part.quantization()
          .map(
              own ->
                  own.withLayers(network.head(), new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT)));
    }
  }

  private static Learner learn(Part part, long stop, RunDirectory run) throws IOException {
    Learner learner = new Learner(part, stop);
    learner.learner.runDirectory(run);
    learner.learner.resume();
    learner.learner.run(DATA, SCENARIO);
    return learner;
  }

  @ParameterizedTest(name = "{0} and weight aligning")
  @EnumSource(
      names = {"ADAMP", "SGDP", "FIXED_COMPANDER", "LEARNED_COMPANDER", "TSCNC", "LSQ", "STATSQ"})
  void givenAMethodOnTheBackbone_whenClassesAreLearned_thenItResumesAndEveryFormComputesTheSame(
      Part part) throws Exception {
    Learner whole;
    try (RunDirectory run = RunDirectory.create(folder.resolve("whole"))) {
      whole = learn(part, -1, run);
    }
    try (RunDirectory run = RunDirectory.create(folder.resolve("part"))) {
      assertThat(learn(part, 2, run).learner.classes().steps()).isEqualTo(1);
    }
    Module resumed;
    try (RunDirectory run = RunDirectory.resume(folder.resolve("part"))) {
      resumed = learn(part, -1, run).learner.model();
    }

    Module model = whole.learner.model();
    Map<String, Tensor> state = model.stateDict();
    assertThat(resumed.stateDict().keySet()).isEqualTo(state.keySet());
    state.forEach(
        (name, tensor) -> assertThat(resumed.stateDict().get(name).equal(tensor)).isTrue());
    part.requireActed(model, whole.optimizer.get());
    for (StepResult step : whole.learner.result().steps().subList(1, 3)) {
      assertThat(step.gamma()).isPositive();
      assertThat(step.after().oldMean()).isEqualTo(step.before().oldMean());
    }

    Tensor learned = Network.logits(model);
    Path classifier = folder.resolve("classifier.safetensors");
    whole.learner.save(classifier, Provenance.now(5, Map.of(), Map.of(), List.of()));
    Shipped shipped = new Shipped(whole.combination.finished(model), whole.quantization(part));
    assertThat(learned.size(1)).isEqualTo(6);
    assertThat(Network.difference(Network.logits(shipped.model()), learned)).isZero();
    shipped.requireSameInFiles(folder, whole.network.create(6));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "LSQ | must be a Linear to grow by classes, but is a QuantizedLinear(10 -> 3)",
        "STATSQ | must be a Linear to grow by classes, but is a QuantizedLinear(10 -> 3)",
      })
  void givenAQuantizedHead_whenItGrows_thenTheReasonIsNamed(Part part, String reason) {
    Module model = new Combination(Network.PERCEPTRON, List.of(part)).model();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(1).apply(model))
        .withMessageContaining(reason);
  }
}
