package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Engine;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers by hand: two batches of different sizes, four classes. */
class MetricTest {
  @BeforeAll
  static void start() {
    Engine.start();
  }

  /** Class 1 answered 1; 1 answered 0, second 1; 0 answered 3, last 0; 3 answered 0, third 3. */
  private static Batch four() {
    return batch(
        new long[] {1, 1, 0, 3},
        new float[] {0.1f, 0.9f, 0.5f, 0.2f},
        new float[] {0.4f, 0.3f, 0.2f, 0.1f},
        new float[] {0.0f, 0.1f, 0.2f, 0.3f},
        new float[] {5, 1, 4, 3});
  }

  /** Class 2 answered 2. */
  private static Batch one() {
    return batch(new long[] {2}, new float[] {0, 0.5f, 1, 0.25f});
  }

  /** The inputs are the logits. */
  private static Batch batch(long[] labels, float[]... rows) {
    float[] all = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * rows[i].length, rows[i].length);
    }
    Tensor logits = torch.tensor(all).reshape(rows.length, rows[0].length);
    return new Batch(logits, torch.tensor(labels));
  }

  private static void update(Metric metric, Batch batch) {
    metric.update(new LossValue(torch.zeros(1), batch.inputs()), batch);
  }

  @ParameterizedTest(name = "top {0}: {1}")
  @CsvSource({"1, 0.4", "2, 0.6", "3, 0.8", "4, 1"})
  void givenTwoBatches_whenAccuracyIsMeasured_thenEachSampleCountsOnce(int k, double expected) {
    Accuracy accuracy = new Accuracy(k);
    assertThat(accuracy.value()).isNaN();
    update(accuracy, four());
    update(accuracy, one());
    assertThat(accuracy.value()).isEqualTo(expected);
    assertThat(accuracy.name()).isEqualTo(k == 1 ? "accuracy" : "accuracy_top" + k);
    accuracy.reset();
    assertThat(accuracy.value()).isNaN();
  }

  @Test
  void givenTargetProbabilities_whenAccuracyIsMeasured_thenTheMostProbableClassIsRight() {
    Accuracy accuracy = new Accuracy();
    Tensor logits = torch.tensor(new float[] {2, 1, 0, 0, 1, 2}).reshape(2, 3);
    Tensor mixed = torch.tensor(new float[] {0.6f, 0.4f, 0, 0.1f, 0.5f, 0.4f}).reshape(2, 3);
    update(accuracy, new Batch(logits, mixed));
    assertThat(accuracy.value()).isEqualTo(0.5);
  }

  @Test
  void givenMoreAnswersThanClasses_whenAccuracyIsMeasured_thenTheErrorNamesBoth() {
    assertThatThrownBy(() -> update(new Accuracy(5), four()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("top-5")
        .hasMessageContaining("4 classes");
    assertThatThrownBy(() -> new Accuracy(0)).hasMessageContaining("but is 0");
  }

  @Test
  void givenTwoBatches_whenConfusionIsCounted_thenEachPairHasItsNumber() {
    ConfusionMatrix matrix = new ConfusionMatrix();
    assertThat(matrix.value()).isNaN();
    update(matrix, four());
    update(matrix, one());
    long[][] expected = {{0, 0, 0, 1}, {1, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 0, 0}};
    double[] recalls = {0, 0.5, 1, 0};
    double[] precisions = {0, 1, 1, 0};
    assertThat(matrix.classes()).isEqualTo(4);
    for (int target = 0; target < 4; target++) {
      for (int answer = 0; answer < 4; answer++) {
        assertThat(matrix.count(target, answer))
            .as("%d answered with %d", target, answer)
            .isEqualTo(expected[target][answer]);
      }
      assertThat(matrix.recall(target)).isEqualTo(recalls[target]);
      assertThat(matrix.precision(target)).isEqualTo(precisions[target]);
    }
    assertThat(matrix.value()).isEqualTo(1.5 / 4);
  }

  @Test
  void givenClassesThatDoNotOccur_whenConfusionIsCounted_thenTheyDoNotWeighOnTheMean() {
    ConfusionMatrix matrix = new ConfusionMatrix();
    update(matrix, one());
    assertThat(matrix.value()).isEqualTo(1);
    assertThat(matrix.recall(0)).isNaN();
    assertThat(matrix.precision(0)).isNaN();
    assertThatThrownBy(() -> update(matrix, batch(new long[] {0}, new float[] {0, 1})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 classes, but had 4");
  }

  /** Rows whose softmax is what is given. */
  private static Batch probabilities(long[] labels, float[]... rows) {
    Batch batch = batch(labels, rows);
    return new Batch(batch.inputs().log(), batch.targets());
  }

  /** Two answers of 0.9, one right; one of 0.62, right; one of 0.58, wrong. */
  private static Batch sureAnswers() {
    return probabilities(
        new long[] {0, 1, 0, 1},
        new float[] {0.9f, 0.1f},
        new float[] {0.9f, 0.1f},
        new float[] {0.62f, 0.38f},
        new float[] {0.58f, 0.42f});
  }

  @Test
  void givenSureAnswers_whenCalibrationIsMeasured_thenTheErrorIsTheSumOverBins() {
    Calibration calibration = new Calibration();
    assertThat(calibration.value()).isNaN();
    update(calibration, sureAnswers());
    // 0.9 in bin (13/15, 14/15], 0.62 in (9/15, 10/15], 0.58 in (8/15, 9/15].
    double expected = 0.5 * Math.abs(0.5 - 0.9) + 0.25 * (1 - 0.62) + 0.25 * 0.58;
    assertThat(calibration.value()).isCloseTo(expected, within(1e-6));
    Calibration.Bin sure = calibration.bins().get(13);
    assertThat(sure.samples()).isEqualTo(2);
    assertThat(sure.accuracy()).isEqualTo(0.5);
    assertThat(sure.confidence()).isCloseTo(0.9, within(1e-6));
    assertThat(sure.from()).isCloseTo(13 / 15.0, within(1e-12));
    assertThat(calibration.bins().get(0).accuracy()).isNaN();
    assertThat(calibration.bins().stream().mapToLong(Calibration.Bin::samples).sum()).isEqualTo(4);
    calibration.reset();
    assertThat(calibration.value()).isNaN();
  }

  @Test
  void givenWrongAnswers_whenTheyAreKept_thenTheSurestComeFirstWithTheirPlaces() {
    Mistakes mistakes = new Mistakes(2);
    update(mistakes, sureAnswers());
    update(mistakes, probabilities(new long[] {0}, new float[] {0.3f, 0.7f}));
    assertThat(mistakes.value()).isEqualTo(3 / 5.0);
    assertThat(mistakes.surest()).extracting(Mistakes.Mistake::sample).containsExactly(1, 4);
    Mistakes.Mistake second = mistakes.surest().get(1);
    assertThat(second.target()).isZero();
    assertThat(second.answer()).isEqualTo(1);
    assertThat(second.probability()).isCloseTo(0.7, within(1e-6));
    assertThatThrownBy(() -> new Mistakes(-1)).hasMessageContaining("are -1");
  }

  @Test
  void givenALogitThatIsNoNumber_whenAnswersAreJudged_thenNoNumberComesOut() {
    for (Metric metric : List.of(new Calibration(), new Mistakes(1))) {
      update(metric, batch(new long[] {0}, new float[] {Float.NaN, 1}));
      assertThat(metric.value()).as(metric.name()).isNaN();
      assertThat(metric.higherIsBetter()).isFalse();
    }
  }

  @Test
  void givenBatchesOfDifferentSizes_whenTheModelIsEvaluated_thenTheLossIsTheMeanOverSamples() {
    float ln3 = (float) Math.log(3);
    Batch undecided =
        batch(new long[] {0, 1, 0}, new float[] {0, 0}, new float[] {5, 5}, new float[] {-1, -1});
    Batch decided = batch(new long[] {0}, new float[] {ln3, 0});

    Map<String, Double> values =
        new Evaluator(ComputedBatches.of(List.of(undecided, decided)), List.of(new Accuracy(2)))
            .evaluate(new Identity(), Device.CPU);

    double expected = (3 * Math.log(2) + Math.log(4.0 / 3)) / 4;
    assertThat(values.get("loss")).isCloseTo(expected, within(1e-7));
    assertThat(values.get("accuracy_top2")).isEqualTo(1);
    assertThat(values).containsOnlyKeys("loss", "accuracy_top2");
  }

  @Test
  void givenTwoMetricsOfOneName_whenAnEvaluatorIsMade_thenTheErrorNamesThem() {
    assertThatThrownBy(
            () ->
                new Evaluator(
                    ComputedBatches.of(List.of()), List.of(new Accuracy(), new Accuracy())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'accuracy'");
  }
}
