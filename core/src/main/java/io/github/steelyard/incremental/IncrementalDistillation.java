package io.github.steelyard.incremental;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The loss that keeps old classes apart while new ones are learned (Zhao et al., CVPR 2020,
 * equations 1 to 4; the same in BiC, Wu et al., CVPR 2019). With logits o of the C_old + C_new
 * classes, logits ô of the model before the step and temperature T:
 *
 * <pre>
 * L      = lambda L_KD + (1 - lambda) L_CE,   lambda = C_old / (C_old + C_new)
 * L_KD   = -1/n sum_i sum_{k old} softmax(ô_i / T)_k log softmax(o_i,old / T)_k
 * L_CE   = cross-entropy of all classes seen
 * </pre>
 *
 * The old model runs in evaluation mode, without gradients. Its default temperature is 2. Cost: one
 * more forward pass, of the old model.
 */
public final class IncrementalDistillation implements Loss {
  private final Module oldModel;
  private final double temperature;
  private final CrossEntropy crossEntropy = new CrossEntropy();

  /**
   * Creates the loss.
   *
   * @param oldModel the model before the step, with fewer classes, on the same device
   * @param temperature T, above 0; the paper uses 2
   * @throws IllegalArgumentException if the temperature is out of range
   */
  public IncrementalDistillation(Module oldModel, double temperature) {
    this.oldModel = oldModel;
    this.temperature = requireTemperature(temperature);
  }

  static double requireTemperature(double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("the temperature must be above 0, but is " + temperature);
    }
    return temperature;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the old model does not have fewer classes, or the targets
   *     do not fit
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    Tensor oldLogits = logits(oldModel, batch);
    Tensor logits = model.forward(batch.inputs());
    return new LossValue(of(logits, oldLogits, batch), logits);
  }

  /** What a model says in evaluation mode, without gradients. */
  static Tensor logits(Module model, Batch batch) {
    return EvaluationMode.compute(
        model, () -> Scope.computeWithoutGradient(() -> model.forward(batch.inputs()).detach()));
  }

  /**
   * The loss of logits that are there already.
   *
   * @param logits float [n, old + new], with gradients
   * @param oldLogits float [n, old]
   * @param batch gives the targets, rows of the last layer or probabilities
   * @return L, a scalar
   * @throws IllegalArgumentException if the shapes or the targets do not fit
   */
  public Tensor of(Tensor logits, Tensor oldLogits, Batch batch) {
    Tensor learned = crossEntropy.of(logits, batch);
    Tensor kept = distance(logits, oldLogits);
    double lambda = (double) oldLogits.size(1) / logits.size(1);
    return kept.mul(new Scalar(lambda)).add(learned.mul(new Scalar(1 - lambda)));
  }

  /**
   * How far the old classes' distribution has moved.
   *
   * @param logits float [n, old + new], with gradients
   * @param oldLogits float [n, old]
   * @return L_KD, a scalar; its minimum is the entropy of the old model's distribution, not 0
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public Tensor distance(Tensor logits, Tensor oldLogits) {
    requireOldAndNew(logits, oldLogits);
    Scalar t = new Scalar(temperature);
    Tensor old = atLeastSingle(logits).narrow(1, 0, oldLogits.size(1)).div(t);
    Tensor target = torch.softmax(atLeastSingle(oldLogits).div(t), 1);
    return target.mul(torch.log_softmax(old, 1)).sum(1).mean().neg();
  }

  static void requireOldAndNew(Tensor logits, Tensor oldLogits) {
    boolean fits =
        logits.dim() == 2
            && oldLogits.dim() == 2
            && logits.size(0) == oldLogits.size(0)
            && oldLogits.size(1) <= logits.size(1);
    if (!fits) {
      throw new IllegalArgumentException(
          "the old model's logits of shape "
              + Arrays.toString(oldLogits.shape())
              + " do not fit logits of shape "
              + Arrays.toString(logits.shape())
              + ": expected [n, old classes] and [n, old and new classes]");
    }
  }

  /** Autocast leaves logits in half precision, where a softmax is too coarse. */
  static Tensor atLeastSingle(Tensor logits) {
    return switch (logits.scalar_type().intern()) {
      case BFloat16, Half -> logits.to(ScalarType.Float);
      default -> logits;
    };
  }

  @Override
  public String toString() {
    return "IncrementalDistillation(temperature=" + temperature + ")";
  }
}
