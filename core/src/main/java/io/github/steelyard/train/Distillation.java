package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.DistilledClassifier;
import io.github.steelyard.nn.DistilledClassifier.HeadLogits;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.DistillationConfiguration.Kind;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Knowledge distillation (Hinton, Vinyals and Dean, arXiv 1503.02531; the hard form: Touvron et
 * al., "DeiT", ICML 2021). With student logits z, teacher logits t, temperature T and share a:
 *
 * <pre>
 * soft: loss = (1 - a) CE(z, y) + a T^2 / n sum_i KL(softmax(t_i / T) || softmax(z_i / T))
 * hard: loss = (1 - a) CE(z, y) + a CE(z, argmax t)
 * </pre>
 *
 * CE is {@link CrossEntropy}. With class weights, each sample counts in the teacher's part as it
 * does in that of the labels: as much as the class of its label. A student with two heads ({@link
 * DistilledClassifier}) learns the labels with the one and the teacher with the other. The teacher
 * runs in evaluation mode, without gradients, and has its own mode back afterwards; it is not part
 * of the student and not saved with it. Cost: one more forward pass, of the teacher.
 */
public final class Distillation implements Loss {
  private final CrossEntropy base;
  private final Module teacher;
  private final DistillationConfiguration configuration;

  /**
   * Creates the loss.
   *
   * @param base the loss on the targets
   * @param teacher gives logits of the student's shape, on the same device
   * @param configuration what is taken from the teacher and how much it counts
   */
  public Distillation(CrossEntropy base, Module teacher, DistillationConfiguration configuration) {
    this.base = base;
    this.teacher = teacher;
    this.configuration = configuration;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if teacher and student give logits of different shapes, or the
   *     targets do not fit them
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    HeadLogits student = heads(model, batch.inputs());
    Tensor said =
        EvaluationMode.compute(
            teacher,
            // Detached, since a teacher may give back a tensor that it did not compute.
            () -> Scope.computeWithoutGradient(() -> teacher.forward(batch.inputs()).detach()));
    if (!Arrays.equals(said.shape(), student.distillation().shape())) {
      throw new IllegalArgumentException(
          "the teacher gives logits of shape "
              + Arrays.toString(said.shape())
              + ", the student of "
              + Arrays.toString(student.distillation().shape()));
    }
    Tensor distance =
        configuration.kind() == Kind.HARD
            ? hard(student.distillation(), said)
            : soft(student.distillation(), said);
    double alpha = configuration.alpha();
    Tensor targets = base.of(student.classification(), batch);
    Tensor loss =
        targets.mul(new Scalar(1 - alpha)).add(base.mean(distance, batch).mul(new Scalar(alpha)));
    return new LossValue(loss, answer(model, student), base.weight(batch));
  }

  private static HeadLogits heads(Module model, Tensor inputs) {
    if (model instanceof DistilledClassifier distilled) {
      return distilled.forwardHeads(inputs);
    }
    Tensor logits = model.forward(inputs);
    return new HeadLogits(logits, logits);
  }

  private static Tensor answer(Module model, HeadLogits heads) {
    return model instanceof DistilledClassifier
        ? heads.classification().add(heads.distillation()).div(new Scalar(2.0))
        : heads.classification();
  }

  /** Of each sample. */
  private static Tensor hard(Tensor student, Tensor teacher) {
    Tensor decision = torch.argmax(teacher, new LongOptional(1), false);
    return torch
        .log_softmax(Logits.atLeastSingle(student), 1)
        .gather(1, decision.unsqueeze(1))
        .squeeze(1)
        .neg();
  }

  /** Of each sample. */
  private Tensor soft(Tensor student, Tensor teacher) {
    Scalar t = new Scalar(configuration.temperature());
    Tensor p = torch.log_softmax(Logits.atLeastSingle(teacher).div(t), 1);
    Tensor q = torch.log_softmax(Logits.atLeastSingle(student).div(t), 1);
    double temperature = configuration.temperature();
    return p.exp().mul(p.sub(q)).sum(1).mul(new Scalar(temperature * temperature));
  }

  @Override
  public String toString() {
    return "Distillation(" + base + ", " + teacher + ", " + configuration + ")";
  }
}
