package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.InMemoryDataset;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LearnerTest {
  @TempDir Path folder;

  static List<Strategy> strategies() {
    return Strategies.all();
  }

  /** What must be bit-exact; only the time differs between runs. */
  private static void assertSame(IncrementalLearner one, IncrementalLearner other) {
    assertThat(TinyStream.same(one.model().stateDict(), other.model().stateDict())).isTrue();
    assertThat(one.memory()).isEqualTo(other.memory());
    assertThat(one.classes()).isEqualTo(other.classes());
    assertThat(timeless(one)).isEqualTo(timeless(other));
  }

  private static List<Map<String, Object>> timeless(IncrementalLearner learner) {
    List<Map<String, Object>> steps =
        learner.result().steps().stream().map(StepResults::record).toList();
    steps.forEach(step -> step.remove("seconds"));
    return steps;
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void givenUnequalSteps_whenInterruptedInsideAndBetweenThem_thenItEndsAsWithoutInterruption(
      Strategy strategy) throws Exception {
    IncrementalLearner whole = TinyStream.learner(strategy);
    IncrementalResult result = whole.run(TinyStream.stream(), TinyStream.unequal());

    assertThat(result.steps()).hasSize(3);
    assertThat(result.accuracies()).allMatch(accuracy -> accuracy >= 0 && accuracy <= 1);
    assertThat(result.steps().get(2).evaluation().confusion()).hasSize(TinyStream.CLASSES);

    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      IncrementalLearner first = TinyStream.learner(strategy).runDirectory(directory);
      first.setup(
          (trainer, classes, test) ->
              trainer.callback(
                  "stop",
                  new InterruptionAfter(classes.steps() == 2 ? 4 : -1, first::requestStop)));
      assertThat(first.run(TinyStream.stream(), TinyStream.unequal()).steps()).hasSize(1);
      assertThat(first.classes().steps()).isEqualTo(1);
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      IncrementalLearner second = TinyStream.learner(strategy).runDirectory(directory);
      assertThat(second.resume()).isEqualTo(1);
      assertThat(second.learn(TinyStream.stream(), TinyStream.unequal().steps().get(1)))
          .isPresent();
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      IncrementalLearner third = TinyStream.learner(strategy).runDirectory(directory);
      Path killed = run.resolve("checkpoints/step-002/checkpoints/step-000000004.safetensors");
      Files.copy(run.resolve("checkpoints/learner.safetensors"), killed);
      assertThat(third.resume()).isEqualTo(2);
      assertThat(killed).as("left by a kill right after the step was saved").doesNotExist();
      third.run(TinyStream.stream(), TinyStream.unequal());
      assertSame(whole, third);
    }
  }

  @Test
  void givenAStopInTheLastEvaluationOfAStep_whenTheScenarioRuns_thenNoFurtherStepIsLearned()
      throws IOException {
    IncrementalLearner learner = TinyStream.learner(Strategies.get("finetune"));
    learner.setup(
        (trainer, classes, test) ->
            trainer
                .evaluate(test, new Accuracy())
                .callback(
                    "stop",
                    new Callback() {
                      @Override
                      public void onEvaluation(
                          TrainingContext context, Map<String, Double> metrics) {
                        learner.requestStop();
                      }
                    }));

    assertThat(learner.run(TinyStream.stream(), TinyStream.unequal()).steps()).hasSizeLessThan(2);
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void givenAStrategyOfTheTable_whenItLearns_thenItDoesWhatItSays(Strategy strategy)
      throws IOException {
    IncrementalLearner learner = TinyStream.learner(strategy);
    IncrementalResult result = learner.run(TinyStream.stream(), TinyStream.unequal());
    StepResult last = result.steps().get(2);
    int classes = TinyStream.CLASSES;

    assertThat(Strategies.get(strategy.name()).summary()).isEqualTo(strategy.summary());
    assertThat(strategy.summary()).isNotBlank();
    assertThat(strategy.paper()).isNotBlank();
    assertThat(learner.memory().size()).isEqualTo(strategy.usesExemplars() ? 24 : 0);
    assertThat(last.exemplars())
        .isEqualTo(
            strategy.correction() == Corrections.BIAS_CORRECTION
                ? 24 - 3
                : strategy.usesExemplars() ? 24 : 0);
    assertThat(last.trainingSamples() - last.exemplars())
        .isEqualTo(
            switch ((TrainingSamples) strategy.samples()) {
              case NEW -> count(learner, 3, classes);
              case ALL -> count(learner, 0, classes);
              case NEW_AND_EXEMPLARS ->
                  count(learner, 3, classes)
                      - (strategy.correction() == Corrections.BIAS_CORRECTION ? 3 : 0);
            });
    assertThat(last.evaluations()).hasSize(strategy.usesExemplars() ? 2 : 1);
    assertThat(last.evaluation().readOut()).isEqualTo(strategy.readOut().key());
    boolean aligned = strategy.correction() == Corrections.WEIGHT_ALIGNING;
    assertThat(Double.isNaN(last.gamma())).isEqualTo(!aligned);
    assertThat(Double.isNaN(last.alpha()))
        .isEqualTo(strategy.correction() != Corrections.BIAS_CORRECTION);
    if (aligned) {
      assertThat(last.after().oldMean()).isCloseTo(last.after().newMean(), within(1e-5));
      assertThat(last.after().norms().subList(0, 3)).isEqualTo(last.before().norms().subList(0, 3));
    }
    if (strategy.restriction() == Restrictions.NON_NEGATIVE) {
      Tensor weight = learner.model().stateDict().get("head.weight");
      assertThat(torch.min(weight).item_double()).isNotNegative();
    }
    assertThat(learner.evaluate(TinyStream.stream(), strategy.readOut()))
        .isEqualTo(last.evaluation());
  }

  private static int count(IncrementalLearner learner, int begin, int end) {
    return new ClassView(TinyStream.stream().training(), learner.classes(), begin, end).size();
  }

  @Test
  void givenAFinishedRun_whenItIsExtendedByClassesOfOtherData_thenOldDataIsNotNeeded()
      throws Exception {
    Path run = folder.resolve("run");
    Strategy wa = Strategies.get("wa");
    try (RunDirectory directory = RunDirectory.create(run)) {
      IncrementalLearner learner = TinyStream.learner(wa).runDirectory(directory);
      learner.run(TinyStream.stream(), TinyStream.unequal());
      learner.save(run.resolve("model.safetensors"), provenance());
    }
    var letters = TinyStream.data("letters", 9, 12, 14);
    var renamed = renamed(letters, List.of("A", "B"));
    try (RunDirectory directory = RunDirectory.resume(run)) {
      IncrementalLearner learner = TinyStream.learner(wa).runDirectory(directory);
      assertThat(learner.resume()).isEqualTo(3);
      StreamData data =
          new StreamData(
              renamed,
              new MergedDataset("both", List.of(TinyStream.stream().test(), renamed)),
              TinyStream.stream().augmentation(),
              TinyStream.stream().preprocessing(),
              TinyStream.stream().loader());

      Optional<StepResult> step = learner.learn(data, List.of("B", "A"));

      assertThat(step).isPresent();
      assertThat(step.get().oldClasses()).isEqualTo(6);
      assertThat(learner.classes().classes()).hasSize(8).endsWith("B", "A");
      assertThat(learner.memory().of(7)).hasSize(3);
      assertThat(Files.exists(directory.checkpoints().resolve("step-004"))).isTrue();
    }
    Path saved = run.resolve("model.safetensors");
    assertThat(ClassifierFile.classes(saved).classes())
        .isEqualTo(TinyStream.unequal().classOrder());
    assertThat(ClassifierHead.of(ClassifierFile.load(saved, TinyStream.Net::new)).classes())
        .isEqualTo(6);
  }

  private static Dataset renamed(InMemoryDataset data, List<String> names) {
    byte[] pixels = new byte[data.size() * 16];
    int[] labels = new int[data.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(i);
      System.arraycopy(data.sample(i).image().pixels(), 0, pixels, 16 * i, 16);
    }
    return new InMemoryDataset("renamed", data.shape().orElseThrow(), pixels, labels, names);
  }

  private static Provenance provenance() {
    return Provenance.now(5, Map.of(), Map.of(), List.of("test"));
  }

  @Test
  void givenALearner_whenItsStateIsTakenOver_thenTheOtherGoesOnInTheSameWay() throws IOException {
    IncrementalLearner one = TinyStream.learner(Strategies.get("icarl"));
    List<List<String>> steps = TinyStream.unequal().steps();
    one.learn(TinyStream.stream(), steps.get(0));
    IncrementalLearner other = TinyStream.learner(Strategies.get("icarl"));

    other.restore(one.state());
    for (IncrementalLearner learner : List.of(one, other)) {
      learner.run(TinyStream.stream(), TinyStream.unequal());
    }

    assertSame(one, other);
  }

  @Test
  void givenAStateThatDoesNotFit_whenRestored_thenTheErrorSaysWhyAndNothingChanged()
      throws IOException {
    IncrementalLearner wa = TinyStream.learner(Strategies.get("wa"));
    wa.learn(TinyStream.stream(), List.of("class 1", "class 0"));
    State state = wa.state();
    IncrementalLearner lwf = TinyStream.learner(Strategies.get("lwf"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lwf.restore(state))
        .withMessage("the saved learner's strategy is wa, this one's is lwf");
    IncrementalLearner larger =
        new IncrementalLearner(
            IncrementalConfiguration.of(
                Strategies.get("wa"), MemoryConfiguration.total(30), wa.configuration().training()),
            TinyStream.Net::new,
            TinyStream::adamW);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> larger.restore(state))
        .withMessageContaining("size=24")
        .withMessageContaining("size=30");
    assertThat(larger.classes().size()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> wa.restore(State.empty()))
        .withMessageContaining("strategy is null");
    assertThat(wa.classes().classes()).containsExactly("class 1", "class 0");
  }

  @Test
  void givenChoicesThatDoNotFit_whenAStrategyIsMade_thenTheErrorSaysWhy() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Strategies.get("wq"))
        .withMessageContaining("did you mean 'wa'?");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Strategy(
                    "mine",
                    "",
                    "",
                    TrainingSamples.ALL,
                    Objectives.DISTILLATION,
                    Restrictions.NONE,
                    Corrections.NONE,
                    ReadOuts.SOFTMAX))
        .withMessageContaining("begins anew");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Strategy(
                    "mine",
                    "",
                    "",
                    TrainingSamples.NEW,
                    Objectives.DISTILLATION,
                    Restrictions.NONE,
                    Corrections.BIAS_CORRECTION,
                    ReadOuts.SOFTMAX))
        .withMessageContaining("cannot hold samples out for its bias correction");
    assertThat(Strategies.get("wa").withRestriction(Restrictions.NONE).restriction())
        .isEqualTo(Restrictions.NONE);
  }
}
