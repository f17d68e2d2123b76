package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.DivergenceException;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnerErrorsTest {
  @TempDir Path folder;
  private IncrementalLearner learner;
  private Map<String, Tensor> weights;
  private ExemplarMemory memory;

  @BeforeEach
  void oneStep() throws IOException {
    learner = TinyStream.learner(Strategies.get("wa"));
    learner.learn(TinyStream.stream(), List.of("class 2", "class 4"));
    weights = TinyStream.copy(learner.model());
    memory = learner.memory();
  }

  private void refused(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(parts);
    assertThat(TinyStream.same(weights, learner.model().stateDict())).isTrue();
    assertThat(learner.memory()).isEqualTo(memory);
    assertThat(learner.classes().classes()).containsExactly("class 2", "class 4");
    assertThat(learner.result().steps()).hasSize(1);
  }

  @Test
  void givenAStepWithoutANewClass_whenLearned_thenItIsRefused() {
    refused(
        () -> learner.learn(TinyStream.stream(), List.of()),
        "at least one new class",
        "step 2 names none");
  }

  @Test
  void givenAClassSeenTwice_whenLearned_thenItIsRefused() {
    refused(
        () -> learner.learn(TinyStream.stream(), List.of("class 0", "class 4")),
        "'class 4' was seen before, in step 1");
    refused(
        () -> learner.learn(TinyStream.stream(), List.of("class 0", "class 0")),
        "'class 0' stands twice");
  }

  @Test
  void givenAClassThatTheDataDoesNotHave_whenLearned_thenTheNearestIsNamed() {
    refused(
        () -> learner.learn(TinyStream.stream(), List.of("klass 0")),
        "no class 'klass 0'",
        "did you mean 'class 0'?");
  }

  @Test
  void givenAnEmptyClass_whenLearned_thenItIsNamed() {
    StreamData empty =
        TinyStream.stream(
            TinyStream.data("train", 1, 9, 0, 9, 9, 9, 9),
            TinyStream.data("test", 2, 4, 4, 4, 4, 4, 4));
    refused(
        () -> learner.learn(empty, List.of("class 0", "class 1")),
        "train holds no sample of the class 'class 1'");
    StreamData untested =
        TinyStream.stream(
            TinyStream.data("train", 1, 9, 9, 9, 9, 9, 9),
            TinyStream.data("test", 2, 4, 4, 0, 4, 4, 4));
    refused(
        () -> learner.learn(untested, List.of("class 0")),
        "test holds no sample of the class 'class 2'");
  }

  @Test
  void givenAMemorySmallerThanTheClasses_whenLearned_thenItIsRefusedBeforeTraining()
      throws IOException {
    for (String strategy : List.of("wa", "bic")) {
      IncrementalLearner small = with(strategy, strategy.equals("wa") ? 4 : 9);
      small.learn(TinyStream.stream(), List.of("class 2", "class 4"));

      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> small.learn(TinyStream.stream(), List.of("class 0", "class 1", "class 3")))
          .withMessageContaining(
              strategy.equals("wa")
                  ? "4 exemplars has no place for each of 5 classes"
                  : "needs two exemplars of each class");
      assertThat(small.classes().size()).isEqualTo(2);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> small.run(TinyStream.stream(), scenarioOfSix()))
          .withMessageContaining("6 classes");
      assertThat(small.classes().size()).isEqualTo(2);
    }
  }

  private static Scenario scenarioOfSix() {
    return new Scenario(
        List.of(
            List.of("class 2", "class 4"),
            List.of("class 0"),
            List.of("class 1", "class 3", "class 5")));
  }

  private static IncrementalLearner with(String strategy, int size) {
    return new IncrementalLearner(
        IncrementalConfiguration.of(
            Strategies.get(strategy),
            MemoryConfiguration.total(size),
            TrainingConfiguration.ofEpochs(1)),
        TinyStream.Net::new,
        TinyStream::adamW);
  }

  @Test
  void givenABackboneThatCannotGrow_whenLearned_thenTheErrorSaysWhy() {
    notLearned(
        classes -> new Sequential(new Flatten(), new Linear(16, classes), new ReLU()),
        "must be a Linear",
        "is a ReLU");
    notLearned(
        classes -> new Sequential(new Flatten(), new Linear(16, 10)), "asked for 2 classes", "10");
    IncrementalLearner unbiased =
        new IncrementalLearner(
            TinyStream.configuration(Strategies.get("bic")),
            classes -> new Sequential(new Flatten(), new Linear(16, classes, false)),
            TinyStream::adamW);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> unbiased.learn(TinyStream.stream(), List.of("class 0")))
        .withMessageContaining("with a bias");
  }

  private static void notLearned(IntFunction<Module> backbone, String... parts) {
    IncrementalLearner learner =
        new IncrementalLearner(
            TinyStream.configuration(Strategies.get("lwf")), backbone, TinyStream::adamW);
    assertThatThrownBy(() -> learner.learn(TinyStream.stream(), List.of("class 0", "class 1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(parts);
    assertThat(learner.classes().size()).isZero();
    assertThatThrownBy(learner::model).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void givenTrainingThatDiverges_whenLearned_thenTheLearnerIsAsBefore() {
    learner.setup((trainer, classes, test) -> trainer.penalty("nan", model -> nan(model)));
    assertThatThrownBy(() -> learner.learn(TinyStream.stream(), List.of("class 0")))
        .isInstanceOf(DivergenceException.class);
    assertThat(TinyStream.same(weights, learner.model().stateDict())).isTrue();
    assertThat(learner.classes().size()).isEqualTo(2);
  }

  private static Tensor nan(Module model) {
    return model
        .namedParameters()
        .values()
        .iterator()
        .next()
        .value()
        .sum()
        .log()
        .mul(new Scalar(Double.NaN));
  }

  @Test
  void givenAScenarioThatDoesNotContinue_whenRun_thenTheErrorShowsBoth() {
    refused(
        () -> learner.run(TinyStream.stream(), new Scenario(List.of(List.of("class 2")))),
        "[class 2, class 4]",
        "[class 2]");
  }

  @Test
  void givenNoExemplars_whenAskedByTheNearestMean_thenTheErrorSaysSo() throws IOException {
    IncrementalLearner plain = TinyStream.learner(Strategies.get("finetune"));
    plain.learn(TinyStream.stream(), List.of("class 2", "class 4"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plain.evaluate(TinyStream.stream(), ReadOuts.NEAREST_MEAN))
        .withMessageContaining("exemplars of all 2 classes");
    assertThatThrownBy(plain::resume).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void givenAnInterruptedStep_whenAnotherStepIsLearnedInItsPlace_thenItIsRefused()
      throws Exception {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      IncrementalLearner first = TinyStream.learner(Strategies.get("replay"));
      first.runDirectory(directory);
      first.requestStop();
      assertThat(first.learn(TinyStream.stream(), List.of("class 0"))).isEmpty();
      first.setup((trainer, classes, test) -> trainer.callback("stop", new StopAtOnce(first)));
      assertThat(first.learn(TinyStream.stream(), List.of("class 0"))).isEmpty();
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      IncrementalLearner second = TinyStream.learner(Strategies.get("replay"));
      second.runDirectory(directory);
      second.setup((trainer, classes, test) -> trainer.callback("stop", new StopAtOnce(second)));
      assertThat(second.resume()).isZero();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> second.learn(TinyStream.stream(), List.of("class 1")))
          .withMessageContaining("[class 0] instead of [class 1]")
          .withMessageContaining("remove its folder");
      assertThat(second.classes().size()).isZero();
    }
  }

  private record StopAtOnce(IncrementalLearner learner) implements Callback {
    @Override
    public void afterStep(TrainingContext context) {
      learner.requestStop();
    }
  }

  @Test
  void givenADamagedLearnerFile_whenResumed_thenTheErrorNamesItAndNothingChanged()
      throws Exception {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      IncrementalLearner first = TinyStream.learner(Strategies.get("replay"));
      first.runDirectory(directory).learn(TinyStream.stream(), List.of("class 0", "class 1"));
      Path file = directory.checkpoints().resolve("learner.safetensors");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 5] ^= 1;
      Files.write(file, bytes);

      assertThatThrownBy(first::resume)
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining("learner.safetensors")
          .hasMessageContaining("checksum");
      assertThat(first.classes().size()).isEqualTo(2);
    }
  }

  @Test
  void givenAFileWithoutAClassMap_whenLoaded_thenTheErrorNamesTheKey() throws IOException {
    Provenance provenance = Provenance.now(5, Map.of(), Map.of(), List.of("test"));
    Path plain = folder.resolve("plain.safetensors");
    ModelFile.save(plain, learner.model(), provenance);
    assertThatThrownBy(() -> ClassifierFile.classes(plain))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("steelyard.classes");
    Path grown = folder.resolve("grown.safetensors");
    learner.save(grown, provenance);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassifierFile.load(grown, classes -> new TinyStream.Net(classes + 1)))
        .withMessageContaining("head.weight");
    assertThat(ModelFile.provenance(grown)).isPresent();
    assertThat(
            TinyStream.same(weights, ClassifierFile.load(grown, TinyStream.Net::new).stateDict()))
        .isTrue();
  }
}
