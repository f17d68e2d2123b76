package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
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
 * soft: loss = (1 - a) base + a T^2 / n sum_i KL(softmax(t_i / T) || softmax(z_i / T))
 * hard: loss = (1 - a) base + a cross-entropy(z, argmax t)
 * </pre>
 *
 * The base is any loss on the student, usually {@link CrossEntropy}. The teacher runs in evaluation
 * mode, without gradients and without changing its own mode for others; it is not part of the
 * student and not saved with it. Cost: one more forward pass, of the teacher.
 */
public final class Distillation implements Loss {
  private final Loss base;
  private final Module teacher;
  private final DistillationConfiguration configuration;

  /**
   * Creates the loss.
   *
   * @param base the loss on the targets; runs the student
   * @param teacher gives logits of the student's shape, on the same device
   * @param configuration what is taken from the teacher and how much it counts
   */
  public Distillation(Loss base, Module teacher, DistillationConfiguration configuration) {
    this.base = base;
    this.teacher = teacher;
    this.configuration = configuration;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if teacher and student give logits of different shapes, or the
   *     base loss refuses the batch
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    LossValue student = base.compute(model, batch);
    Tensor said =
        EvaluationMode.compute(
            teacher,
            () -> Scope.computeWithoutGradient(() -> teacher.forward(batch.inputs()).detach()));
    if (!Arrays.equals(said.shape(), student.logits().shape())) {
      throw new IllegalArgumentException(
          "the teacher gives logits of shape "
              + Arrays.toString(said.shape())
              + ", the student of "
              + Arrays.toString(student.logits().shape()));
    }
    Tensor distance =
        configuration.kind() == Kind.HARD
            ? hard(student.logits(), said)
            : soft(student.logits(), said);
    double alpha = configuration.alpha();
    Tensor loss = student.loss().mul(new Scalar(1 - alpha)).add(distance.mul(new Scalar(alpha)));
    return new LossValue(loss, student.logits());
  }

  private static Tensor hard(Tensor student, Tensor teacher) {
    Tensor decision = torch.argmax(teacher, new LongOptional(1), false);
    return torch.cross_entropy_loss(Logits.atLeastSingle(student), decision);
  }

  private Tensor soft(Tensor student, Tensor teacher) {
    Scalar t = new Scalar(configuration.temperature());
    Tensor p = torch.log_softmax(Logits.atLeastSingle(teacher).div(t), 1);
    Tensor q = torch.log_softmax(Logits.atLeastSingle(student).div(t), 1);
    double temperature = configuration.temperature();
    return p.exp().mul(p.sub(q)).sum(1).mean().mul(new Scalar(temperature * temperature));
  }

  @Override
  public String toString() {
    return "Distillation(" + base + ", " + teacher + ", " + configuration + ")";
  }
}
