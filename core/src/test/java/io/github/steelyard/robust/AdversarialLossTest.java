package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.robust.AdversarialConfiguration.Kind;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class AdversarialLossTest {
  private static final InputDomain GREY = InputDomain.plain(0, 1);

  @TempDir Path folder;

  @BeforeEach
  void seed() {
    Seeds.set(3);
  }

  private static AdversarialLoss loss(Kind kind, double epsilon) {
    return new AdversarialLoss(
        AdversarialConfiguration.of(kind, epsilon), GREY, new CrossEntropy());
  }

  private static Module network() {
    Seeds.set(3);
    return new Sequential(new Linear(6, 12), new BatchNorm1d(12), new ReLU(), new Linear(12, 3));
  }

  @Test
  void givenALinearModelOfTwoClasses_whenPgdTrains_thenItsLossIsThatOfTheWorstChange() {
    Linear model = new Linear(6, 2);
    Batch batch = Samples.random(50, 2, 6);
    double epsilon = 0.1;

    double value = loss(Kind.PGD, epsilon).compute(model, batch).loss().item_double();

    Tensor rows = model.weight().tensor().detach();
    Tensor sign = batch.targets().mul(new Scalar(2)).sub(new Scalar(1)).unsqueeze(1);
    Tensor direction = rows.select(0, 1).sub(rows.select(0, 0)).unsqueeze(0).mul(sign);
    Tensor worst =
        batch
            .inputs()
            .sub(direction.sign().mul(new Scalar(epsilon)))
            .clamp_min(new Scalar(0.0))
            .clamp_max(new Scalar(1.0));
    double expected =
        new CrossEntropy().compute(model, new Batch(worst, batch.targets())).loss().item_double();
    assertThat(value).isCloseTo(expected, within(1e-5));
  }

  @Test
  void givenTrades_whenItsLossIsTaken_thenItAddsTheDivergenceToTheCleanLoss() {
    Linear model = new Linear(6, 3);
    Batch batch = Samples.random(50, 3, 6);
    double clean = new CrossEntropy().compute(model, batch).loss().item_double();

    double nothing = loss(Kind.TRADES, 1e-9).compute(model, batch).loss().item_double();
    double some = loss(Kind.TRADES, 0.1).compute(model, batch).loss().item_double();
    AdversarialConfiguration half = new AdversarialConfiguration(Kind.TRADES, 0.1, 0.025, 10, 3);
    double lighter =
        new AdversarialLoss(half, GREY, new CrossEntropy())
            .compute(model, batch)
            .loss()
            .item_double();

    assertThat(nothing).isCloseTo(clean, within(1e-6));
    assertThat(some).isGreaterThan(clean + 1e-3);
    assertThat(lighter - clean).isCloseTo((some - clean) / 2, within(0.02 * (some - clean)));
  }

  @Test
  void givenSamplesInsideTheRange_whenBothFormsOfTradesTrain_thenTheyAreTheSame() {
    Linear model = new Linear(6, 3);
    Batch batch = Samples.random(50, 3, 6);
    Batch inside =
        new Batch(
            batch.inputs().mul(new Scalar(0.8)).add(new Scalar(0.1)).detach(), batch.targets());
    Batch corner =
        new Batch(batch.inputs().gt(new Scalar(0.5)).to(ScalarType.Float), batch.targets());
    Tensor start = torch.randn(50, 6).mul(new Scalar(0.001));

    AdversarialLoss ours = loss(Kind.TRADES, 0.05);
    AdversarialLoss published = loss(Kind.TRADES_PUBLISHED, 0.05);

    assertThat(published.attack(model, inside, start).equal(ours.attack(model, inside, start)))
        .isTrue();
    Tensor attacked = published.attack(model, corner, start);
    assertThat(attacked.min().item_double()).isGreaterThanOrEqualTo(0);
    assertThat(attacked.max().item_double()).isLessThanOrEqualTo(1);
    // Where the range ends, half of the noise is cut off, and the first gradient is another one.
    assertThat(attacked.equal(ours.attack(model, corner, start))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void givenBatchNormalization_whenItTrains_thenTheAttackDoesNotMoveItsStatistics(Kind kind) {
    Module model = network();
    Batch batch = Samples.random(20, 3, 6);

    loss(kind, 0.1).compute(model, batch).loss().backward();

    long passes = kind == Kind.PGD ? 1 : 2;
    assertThat(model.stateDict().get("1.num_batches_tracked").item_long()).isEqualTo(passes);
    assertThat(model.isTraining()).isTrue();
    assertThat(model.namedParameters().values())
        .allSatisfy(parameter -> assertThat(parameter.grad().defined()).isTrue());
  }

  @Test
  void givenSoftTargets_whenPgdTrains_thenTheLossIsFiniteAndAboveTheCleanOne() {
    Linear model = new Linear(6, 3);
    Batch hard = Samples.random(20, 3, 6);
    Batch soft = new Batch(hard.inputs(), torch.softmax(torch.randn(20, 3), 1));

    double value = loss(Kind.PGD, 0.1).compute(model, soft).loss().item_double();

    assertThat(value).isGreaterThan(new CrossEntropy().compute(model, soft).loss().item_double());
  }

  @Test
  void givenAnEpsilonBeyondTheRange_whenTheLossIsMade_thenItIsRefused() {
    assertThatThrownBy(() -> loss(Kind.PGD, 8)).hasMessageContaining("grey levels");
    assertThatThrownBy(() -> AdversarialConfiguration.of(Kind.PGD, 0))
        .hasMessageContaining("epsilon must be above 0");
  }

  private Trainer trainer(Module model, BatchSource samples, Kind kind) {
    return new Trainer(
            model,
            new SGD(
                ParameterGroup.of(model, 0.05, 0.001), new SGDConfiguration(0.9, 0, false, false)),
            samples,
            loss(kind, 0.1),
            TrainingConfiguration.ofEpochs(2))
        .penalty("transformed_l1", TransformedL1Penalty.of(1e-3))
        .penalty("log_condition", LogDeterminantPenalty.of(1e-2));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void givenAnInterruptedRun_whenItResumes_thenItEndsInTheSameWeights(Kind kind)
      throws IOException {
    BatchSource samples =
        Samples.of(Samples.random(16, 3, 6), Samples.random(16, 3, 6), Samples.random(16, 3, 6));
    Module whole = network();
    trainer(whole, samples, kind).run();

    Path path = folder.resolve("run");
    try (RunDirectory run = RunDirectory.create(path)) {
      Trainer first = trainer(network(), samples, kind).runDirectory(run);
      first.callback("stop", new InterruptionAfter(2, first::requestStop));
      first.run();
    }
    Module resumed = network();
    try (RunDirectory run = RunDirectory.resume(path)) {
      Trainer second = trainer(resumed, samples, kind).runDirectory(run);
      assertThat(second.resume()).contains(2L);
      second.run();
    }

    resumed
        .stateDict()
        .forEach(
            (name, tensor) ->
                assertThat(torch.equal(tensor, whole.stateDict().get(name))).as(name).isTrue());
  }
}
