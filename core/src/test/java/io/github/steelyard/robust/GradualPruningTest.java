package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class GradualPruningTest {
  @TempDir Path folder;

  @BeforeEach
  void seed() {
    Seeds.set(2);
  }

  private static Sequential network() {
    return new Sequential(new Linear(10, 20), new ReLU(), new Linear(20, 5));
  }

  private static Trainer trainer(Module model, PruningSchedule schedule) {
    PruningConfiguration configuration = PruningConfiguration.layerWise(0.9);
    new MagnitudePruning(configuration).prepare(model);
    BatchSource samples =
        Samples.of(Samples.random(16, 5, 10), Samples.random(16, 5, 10), Samples.random(16, 5, 10));
    return new Trainer(
            model,
            new SGD(
                ParameterGroup.of(model, 0.05, 0.001), new SGDConfiguration(0.9, 0, false, false)),
            samples,
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(4))
        .callback("pruning", new GradualPruning(configuration, schedule));
  }

  private static final class Watching implements Callback {
    private final List<Double> sparsities = new ArrayList<>();

    @Override
    public void afterStep(TrainingContext context) {
      sparsities.add(SparsityReport.of(context.model()).sparsity());
    }
  }

  @Test
  void givenACubicSchedule_whenAModelTrains_thenSparsityRisesAndPrunedWeightsStayZero() {
    Watching watching = new Watching();

    trainer(network(), new PruningSchedule(2, 8, 2)).callback("watch", watching).run();

    List<Double> s = watching.sparsities;
    assertThat(s).hasSize(12).isSorted();
    assertThat(s.get(1)).isZero();
    assertThat(s.get(4)).isCloseTo(0.9 * (1 - Math.pow(2 / 3.0, 3)), within(0.01));
    assertThat(s.get(6)).isCloseTo(0.9 * (1 - Math.pow(1 / 3.0, 3)), within(0.01));
    assertThat(s.subList(8, 12)).containsOnly(0.9);
  }

  @Test
  void givenAnInterruptedPruning_whenItResumes_thenItEndsInTheSameWeights() throws IOException {
    PruningSchedule schedule = new PruningSchedule(1, 9, 1);
    Seeds.set(4);
    Module whole = network();
    Seeds.set(5);
    trainer(whole, schedule).run();

    Path path = folder.resolve("run");
    Seeds.set(4);
    Module first = network();
    try (RunDirectory run = RunDirectory.create(path)) {
      Seeds.set(5);
      Trainer trainer = trainer(first, schedule).runDirectory(run);
      trainer.callback("stop", new InterruptionAfter(5, trainer::requestStop));
      trainer.run();
    }
    Module resumed = network();
    try (RunDirectory run = RunDirectory.resume(path)) {
      Seeds.set(5);
      Trainer trainer = trainer(resumed, schedule).runDirectory(run);
      trainer.resume();
      trainer.run();
    }

    resumed
        .stateDict()
        .forEach(
            (name, tensor) ->
                assertThat(torch.equal(tensor, whole.stateDict().get(name))).as(name).isTrue());
  }

  @Test
  void givenASchedulePastTheEnd_whenTheRunBegins_thenItIsRefused() {
    Trainer trainer = trainer(network(), new PruningSchedule(12, 12, 1));

    assertThatThrownBy(trainer::run)
        .hasMessageContaining("pruning ends before step 12")
        .hasMessageContaining("only 12 steps");
    assertThatThrownBy(() -> new PruningSchedule(3, 2, 1)).hasMessageContaining("end");
  }
}
