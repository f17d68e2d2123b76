package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.LossValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class IncrementalLossTest {
  private final double[][] logits = {{0.3, -1.2, 2.0}, {1.5, 0.4, -0.7}};
  private final double[][] old = {{0.9, -0.4}, {-1.1, 0.6}};
  private final int[] labels = {2, 0};
  private Tensor logitTensor;
  private Tensor oldTensor;
  private Batch batch;

  @BeforeEach
  void tensors() {
    logitTensor = Tensor.create(new double[] {0.3, -1.2, 2.0, 1.5, 0.4, -0.7}, 2L, 3L);
    oldTensor = Tensor.create(new double[] {0.9, -0.4, -1.1, 0.6}, 2L, 2L);
    batch = new Batch(logitTensor, torch.tensor(new long[] {2, 0}));
  }

  private static double[] softmax(double[] values, int count, double temperature) {
    double sum = 0;
    double[] result = new double[count];
    for (int k = 0; k < count; k++) {
      result[k] = Math.exp(values[k] / temperature);
      sum += result[k];
    }
    for (int k = 0; k < count; k++) {
      result[k] /= sum;
    }
    return result;
  }

  @Test
  void givenLogits_whenDistilled_thenTheLossIsThatOfTheFormula() {
    double kept = 0;
    double learned = 0;
    for (int i = 0; i < 2; i++) {
      double[] p = softmax(old[i], 2, 2);
      double[] q = softmax(logits[i], 2, 2);
      for (int k = 0; k < 2; k++) {
        kept -= p[k] * Math.log(q[k]) / 2;
      }
      learned -= Math.log(softmax(logits[i], 3, 1)[labels[i]]) / 2;
    }
    IncrementalDistillation loss = new IncrementalDistillation(new TinyStream.Net(2), 2);

    assertThat(loss.distance(logitTensor, oldTensor).item_double()).isCloseTo(kept, within(1e-12));
    assertThat(loss.of(logitTensor, oldTensor, batch).item_double())
        .isCloseTo(2 / 3.0 * kept + learned / 3, within(1e-12));
  }

  @Test
  void givenLogits_whenDistilledByClass_thenTheLossIsThatOfTheFormula() {
    double withOld = 0;
    double first = 0;
    for (int i = 0; i < 2; i++) {
      for (int k = 0; k < 3; k++) {
        double g = 1 / (1 + Math.exp(-logits[i][k]));
        double y = labels[i] == k ? 1 : 0;
        double q = k < 2 ? 1 / (1 + Math.exp(-old[i][k])) : y;
        first -= (y * Math.log(g) + (1 - y) * Math.log(1 - g)) / 2;
        withOld -= (q * Math.log(g) + (1 - q) * Math.log(1 - g)) / 2;
      }
    }
    SigmoidDistillation loss = new SigmoidDistillation(Optional.empty());

    assertThat(loss.of(logitTensor, Optional.of(oldTensor), batch).item_double())
        .isCloseTo(withOld, within(1e-12));
    assertThat(loss.of(logitTensor, Optional.empty(), batch).item_double())
        .isCloseTo(first, within(1e-12));
    Tensor soft = torch.one_hot(batch.targets(), 3).to(ScalarType.Double);
    assertThat(loss.of(logitTensor, Optional.empty(), new Batch(logitTensor, soft)).item_double())
        .isCloseTo(first, within(1e-12));
  }

  @Test
  void givenAnOldModelInTrainingMode_whenDistilled_thenItAnswersInEvaluationModeWithoutGradients() {
    Seeds.set(1);
    TinyStream.Net oldModel = new TinyStream.Net(2);
    TinyStream.Net model = new TinyStream.Net(3);
    Batch images = new Batch(torch.randn(4, 1, 4, 4), torch.tensor(new long[] {0, 1, 2, 2}));
    Tensor mean = oldModel.stateDict().get("bn.running_mean").clone();

    LossValue value = new IncrementalDistillation(oldModel, 2).compute(model, images);
    value.loss().backward();

    assertThat(value.logits().shape()).containsExactly(4, 3);
    assertThat(oldModel.isTraining()).isTrue();
    assertThat(oldModel.stateDict().get("bn.running_mean").equal(mean)).isTrue();
    assertThat(oldModel.namedParameters().values()).noneMatch(p -> p.grad().defined());
    assertThat(model.namedParameters().values()).allMatch(p -> p.grad().defined());
    LossValue binary = new SigmoidDistillation(Optional.of(oldModel)).compute(model, images);
    assertThat(binary.loss().item_double()).isPositive();
  }

  @Test
  void givenHalfPrecision_whenDistilled_thenTheSoftmaxIsInSingle() {
    IncrementalDistillation loss = new IncrementalDistillation(new TinyStream.Net(2), 2);
    Tensor half = logitTensor.to(ScalarType.BFloat16);

    assertThat(loss.of(half, oldTensor.to(ScalarType.BFloat16), batch).scalar_type().intern())
        .isEqualTo(ScalarType.Float);
  }

  @Test
  void givenShapesOrLabelsThatDoNotFit_whenDistilled_thenTheErrorNamesThem() {
    IncrementalDistillation loss = new IncrementalDistillation(new TinyStream.Net(2), 2);
    SigmoidDistillation binary = new SigmoidDistillation(Optional.empty());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loss.distance(oldTensor, logitTensor))
        .withMessageContaining("[2, 3]")
        .withMessageContaining("[2, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loss.of(oldTensor, oldTensor, batch))
        .withMessageContaining("label 2 is out of range");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> binary.of(oldTensor, Optional.empty(), batch))
        .withMessageContaining("2 classes");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                binary.of(logitTensor, Optional.empty(), new Batch(logitTensor, torch.ones(2, 5))))
        .withMessageContaining("[2, 5]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IncrementalDistillation(new TinyStream.Net(2), 0))
        .withMessageContaining("above 0, but is 0");
    assertThat(new CrossEntropy().of(logitTensor, batch).item_double()).isPositive();
  }
}
