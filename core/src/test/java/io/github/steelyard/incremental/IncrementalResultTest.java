package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class IncrementalResultTest {
  private static final ClassMap ONE = ClassMap.empty().with(List.of("a", "b"));
  private static final ClassMap TWO = ONE.with(List.of("c"));
  private static final ClassMap THREE = TWO.with(List.of("d"));

  private static StepResult step(ClassMap classes, List<List<Long>> confusion) {
    int oldClasses = classes.firstRow(classes.steps() - 1);
    RowNorms norms = new RowNorms(classes.classes().stream().map(name -> 1.0).toList(), oldClasses);
    return new StepResult(
        classes.steps(),
        classes.classesOf(classes.steps() - 1),
        oldClasses,
        10,
        4,
        3,
        30,
        0.5,
        1.5,
        norms,
        norms,
        Map.of(),
        List.of(Evaluation.of(ReadOuts.SOFTMAX, confusion, classes)));
  }

  private static IncrementalResult result() {
    return new IncrementalResult(
        "wa",
        THREE,
        List.of(
            step(ONE, List.of(List.of(9L, 1L), List.of(2L, 8L))),
            step(TWO, List.of(List.of(5L, 1L, 4L), List.of(0L, 10L, 0L), List.of(1L, 0L, 3L))),
            step(
                THREE,
                List.of(
                    List.of(4L, 0L, 0L, 6L),
                    List.of(0L, 7L, 1L, 2L),
                    List.of(0L, 0L, 4L, 0L),
                    List.of(0L, 0L, 0L, 2L)))));
  }

  @Test
  void givenConfusions_whenMeasured_thenEachNumberIsThatOfItsFormula() {
    IncrementalResult result = result();

    assertThat(result.accuracyMatrix().get(0)).containsExactly(17 / 20.0);
    assertThat(result.accuracyMatrix().get(1)).containsExactly(15 / 20.0, 3 / 4.0);
    assertThat(result.accuracyMatrix().get(2)).containsExactly(11 / 20.0, 1.0, 1.0);
    assertThat(result.accuracies()).containsExactly(17 / 20.0, 18 / 24.0, 17 / 26.0);
    assertThat(result.finalAccuracy()).isEqualTo(17 / 26.0);
    assertThat(result.averageIncrementalAccuracy())
        .isCloseTo((0.85 + 0.75 + 17 / 26.0) / 3, within(1e-12));
    assertThat(result.averageWithoutFirst()).isCloseTo((0.75 + 17 / 26.0) / 2, within(1e-12));
    assertThat(result.forgettingByStep()).hasSize(2);
    assertThat(result.forgettingByStep().get(0)).isCloseTo(0.85 - 0.55, within(1e-12));
    assertThat(result.forgettingByStep().get(1)).isCloseTo(0.75 - 1.0, within(1e-12));
    assertThat(result.forgetting()).isCloseTo((0.3 - 0.25) / 2, within(1e-12));
    assertThat(result.backwardTransfer()).isCloseTo((-0.3 + 0.25) / 2, within(1e-12));
    Evaluation last = result.steps().get(2).evaluation();
    assertThat(last.oldAccuracy()).isEqualTo(15 / 24.0);
    assertThat(last.newAccuracy()).isEqualTo(1.0);
    assertThat(result.steps().get(0).evaluation().oldAccuracy()).isNaN();
  }

  @Test
  void givenResults_whenWrittenAsValuesAndRead_thenTheyAreTheSame() {
    List<Map<String, Object>> values = result().steps().stream().map(StepResults::record).toList();

    assertThat(StepResults.of(values)).isEqualTo(result().steps());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StepResults.of(List.of(Map.of("steq", 1))))
        .withMessageContaining("the results of the steps cannot be read")
        .withMessageContaining("creator property 'step'");
  }

  @Test
  void givenNoStepOrOne_whenMeasured_thenWhatIsNotDefinedIsNotANumber() {
    IncrementalResult none = new IncrementalResult("wa", ClassMap.empty(), List.of());
    IncrementalResult one = new IncrementalResult("wa", ONE, result().steps().subList(0, 1));

    assertThat(none.finalAccuracy()).isNaN();
    assertThat(none.averageIncrementalAccuracy()).isNaN();
    assertThat(none.backwardTransfer()).isNaN();
    assertThat(one.forgetting()).isNaN();
    assertThat(one.averageWithoutFirst()).isNaN();
    assertThat(one.finalAccuracy()).isEqualTo(0.85);
  }

  @Test
  void givenNumbersThatDoNotFit_whenAResultIsMade_thenTheErrorSaysWhy() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IncrementalResult("wa", ONE, List.of()))
        .withMessageContaining("0 results do not fit the 1 steps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Evaluation.of(ReadOuts.SOFTMAX, List.of(List.of(1L)), ONE))
        .withMessageContaining("1 classes do not fit the model's 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> result().by("nearest_mean"))
        .withMessageContaining("step 1 was not evaluated by nearest_mean");
  }

  @Test
  void givenAModelOfKnownAnswers_whenItIsMeasuredBySoftmax_thenEachSampleIsCountedOnce() {
    Tensor scores =
        torch.tensor(new float[] {2, 1, 1, 2, 3, 0}).reshape(3, 2); // answers 0, 1 and 0
    Tensor labels = torch.tensor(new long[] {0, 1, 1});
    Module identity =
        new Module() {
          @Override
          public Tensor forward(Tensor input) {
            return input;
          }
        };

    Evaluation measured =
        Evaluation.bySoftmax(
            identity, TensorBatches.ordered(scores, labels, 2), ONE, Device.of("cpu"));

    assertThat(measured.samples()).isEqualTo(3);
    assertThat(measured.confusion()).containsExactly(List.of(1L, 0L), List.of(1L, 1L));
    assertThat(measured.accuracy()).isEqualTo(2.0 / 3);
    assertThat(measured.readOut()).isEqualTo("softmax");
  }
}
