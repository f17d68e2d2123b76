package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.DistilledClassifier;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.train.DistillationConfiguration.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the numbers of {@code bench/peers/losses.py}, relative to the largest element. */
class LossTest {
  private static final double TOLERANCE = 1e-6;

  private static Map<String, Tensor> reference;
  private static Teacher teacher;

  @BeforeAll
  static void readReference() {
    reference = Reference.tensors("/io/github/steelyard/train/losses.safetensors");
    teacher = new Teacher();
  }

  /** Gives the same logits for every input. */
  private static class Student extends Module {
    final Parameter logits;

    Student(Tensor initial) {
      logits = parameter("logits", initial.clone());
    }

    @Override
    public Tensor forward(Tensor input) {
      return logits.value();
    }
  }

  private static final class TwoHeads extends Student implements DistilledClassifier {
    final Parameter head;

    TwoHeads(Tensor initial, Tensor initialHead) {
      super(initial);
      head = parameter("head", initialHead.clone());
    }

    @Override
    public HeadLogits forwardHeads(Tensor input) {
      return new HeadLogits(logits.value(), head.value());
    }
  }

  /** Its answer depends on the mode and it would take gradients, so that both mistakes show. */
  private static final class Teacher extends Module {
    final Parameter logits = parameter("logits", reference.get("teacher").clone());

    @Override
    public Tensor forward(Tensor input) {
      return isTraining() ? logits.value().neg() : logits.value();
    }
  }

  private static Loss distillation(double smoothing, Kind kind, double alpha, double temperature) {
    return new Distillation(
        new CrossEntropy(smoothing),
        teacher,
        new DistillationConfiguration(kind, alpha, temperature));
  }

  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of("cross_entropy", "labels", new CrossEntropy(), 1),
        Arguments.of("cross_entropy_smooth", "labels", new CrossEntropy(0.1), 1),
        Arguments.of("cross_entropy_soft", "soft", new CrossEntropy(), 1),
        Arguments.of("cross_entropy_soft_smooth", "soft", new CrossEntropy(0.1), 1),
        Arguments.of("cross_entropy_extreme", "labels", new CrossEntropy(), 100),
        Arguments.of("soft_cross_entropy", "soft", new CrossEntropy(), 1),
        Arguments.of("soft_cross_entropy_extreme", "soft", new CrossEntropy(), 100),
        Arguments.of("distillation_soft", "labels", distillation(0.1, Kind.SOFT, 0.3, 3), 1),
        Arguments.of(
            "distillation_soft_extreme", "labels", distillation(0, Kind.SOFT, 0.3, 0.5), 100),
        Arguments.of("distillation_soft_targets", "soft", distillation(0, Kind.SOFT, 0.3, 2), 1),
        Arguments.of("distillation_hard", "labels", distillation(0, Kind.HARD, 0.5, 1), 1),
        Arguments.of("cross_entropy_weighted", "labels", weighted(0), 1),
        Arguments.of("cross_entropy_smooth_weighted", "labels", weighted(0.1), 1),
        Arguments.of("cross_entropy_soft_weighted", "soft", weighted(0), 1),
        Arguments.of("cross_entropy_soft_smooth_weighted", "soft", weighted(0.1), 1),
        Arguments.of("distillation_soft_weighted", "labels", weighted(Kind.SOFT, 0.3, 3), 1),
        Arguments.of("distillation_soft_targets_weighted", "soft", weighted(Kind.SOFT, 0.3, 2), 1),
        Arguments.of("distillation_hard_weighted", "labels", weighted(Kind.HARD, 0.5, 1), 1));
  }

  private static CrossEntropy weighted(double smoothing) {
    return new CrossEntropy(smoothing).withClassWeights(List.of(0.5, 2.0, 1.0, 4.0, 0.25));
  }

  private static Loss weighted(Kind kind, double alpha, double temperature) {
    return new Distillation(
        weighted(0), teacher, new DistillationConfiguration(kind, alpha, temperature));
  }

  private static Batch batch(String targets) {
    return new Batch(torch.zeros(6, 1), reference.get(targets));
  }

  private static Tensor logits(String name, int scale) {
    return reference.get(name).mul(new Scalar((double) scale));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void givenLogits_whenTheLossIsComputed_thenItAndItsGradientAreThoseOfPyTorch(
      String name, String targets, Loss loss, int scale) {
    Student student = new Student(logits("logits", scale));
    teacher.train();

    LossValue value = loss.compute(student, batch(targets));
    value.loss().backward();

    Reference.assertClose(name, value.loss(), reference.get(name + ".loss"), TOLERANCE);
    Reference.assertClose(name, student.logits.grad(), reference.get(name + ".grad"), TOLERANCE);
    assertThat(value.logits().equal(student.logits.tensor())).isTrue();
    boolean counts = name.endsWith("weighted") && targets.equals("labels");
    assertThat(value.weight()).isEqualTo(counts ? 0.5 + 0.25 + 1 + 1 + 2 + 4 : 6);
    assertThat(teacher.isTraining()).as("the teacher has its mode back").isTrue();
    assertThat(teacher.logits.grad().defined()).as("the teacher has a gradient").isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"SOFT", "HARD"})
  void givenAStudentWithTwoHeads_whenItIsDistilled_thenEachHeadHasItsOwnTeacher(Kind kind) {
    String name = "distillation_two_heads_" + kind.name().toLowerCase(Locale.ROOT);
    TwoHeads student = new TwoHeads(reference.get("logits"), reference.get("head"));

    LossValue value = distillation(0, kind, 0.5, 3).compute(student, batch("labels"));
    value.loss().backward();

    Reference.assertClose(name, value.loss(), reference.get(name + ".loss"), TOLERANCE);
    Reference.assertClose(name, student.logits.grad(), reference.get(name + ".grad"), TOLERANCE);
    Reference.assertClose(name, student.head.grad(), reference.get(name + ".grad_head"), TOLERANCE);
    Tensor mean = reference.get("logits").add(reference.get("head")).div(new Scalar(2.0));
    Reference.assertClose("answer", value.logits(), mean, TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 1000, -1, -100, Long.MAX_VALUE, Long.MIN_VALUE})
  void givenALabelOutOfRange_whenLossesAndMetricsAreComputed_thenTheErrorNamesItAndTheRange(
      long label) {
    Batch batch = new Batch(torch.zeros(6, 1), torch.tensor(new long[] {0, 1, 2, label, 4, 0}));
    Student student = new Student(reference.get("logits"));
    LossValue value = new LossValue(torch.zeros(1), reference.get("logits"));
    Stream.<Runnable>of(
            () -> new CrossEntropy().compute(student, batch),
            () -> new CrossEntropy(0.1).compute(student, batch),
            () -> distillation(0, Kind.SOFT, 0.5, 1).compute(student, batch),
            () -> distillation(0, Kind.HARD, 0.5, 1).compute(student, batch),
            () -> new Accuracy().update(value, batch),
            () -> new ConfusionMatrix().update(value, batch))
        .forEach(
            wrong ->
                assertThatThrownBy(wrong::run)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the label " + label + " is out of range")
                    .hasMessageContaining("5 classes, so labels are 0 to 4"));
  }

  @Test
  void givenWrongClassWeights_whenTheyAreUsed_thenTheErrorNamesThem() {
    Student student = new Student(reference.get("logits"));
    assertThatThrownBy(
            () ->
                new CrossEntropy()
                    .withClassWeights(List.of(1.0, 2.0))
                    .compute(student, batch("labels")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("class weights for 2 classes, but the model has 5");
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new CrossEntropy().withClassWeights(List.of(1.0, wrong)))
          .hasMessageContaining("above 0, but is " + wrong);
    }
    assertThatThrownBy(() -> new CrossEntropy().withClassWeights(List.of()))
        .hasMessageContaining("a number for each class");
  }

  @Test
  void givenTargetsOfAnotherShape_whenTheLossIsComputed_thenTheErrorNamesBothShapes() {
    Student student = new Student(reference.get("logits"));
    for (Tensor targets :
        new Tensor[] {torch.tensor(new long[] {0, 1}), torch.zeros(6, 4), torch.zeros(6)}) {
      assertThatThrownBy(
              () -> new CrossEntropy().compute(student, new Batch(torch.zeros(6, 1), targets)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[6, 5]")
          .hasMessageContaining(Arrays.toString(targets.shape()));
    }
  }

  @Test
  void givenATeacherOfOtherClasses_whenItDistils_thenTheErrorNamesBothShapes() {
    Student student = new Student(torch.zeros(6, 4));
    assertThatThrownBy(() -> distillation(0, Kind.SOFT, 0.5, 1).compute(student, batch("labels")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[6, 5]")
        .hasMessageContaining("[6, 4]");
  }

  @Test
  void givenValuesOutOfRange_whenALossIsMade_thenTheErrorNamesThem() {
    assertThatThrownBy(() -> new CrossEntropy(1)).hasMessageContaining("[0, 1), but is 1.0");
    assertThatThrownBy(() -> new CrossEntropy(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new DistillationConfiguration(Kind.SOFT, 1.5, 1))
        .hasMessageContaining("alpha must be in [0, 1], but is 1.5");
    assertThatThrownBy(() -> new DistillationConfiguration(Kind.SOFT, 0.5, 0))
        .hasMessageContaining("temperature must be above 0, but is 0.0");
  }
}
