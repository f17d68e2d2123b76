package io.github.steelyard.incremental;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * iCaRL's loss (Rebuffi, Kolesnikov, Sperl and Lampert, CVPR 2017): each class is a binary
 * question. With g = sigmoid(logits), new classes k are asked for the label, old ones for what the
 * model before the step said:
 *
 * <pre>
 * loss = -1/n sum_i ( sum_{k new} [y_i = k] log g_ik + [y_i != k] log(1 - g_ik)
 *                   + sum_{k old} q_ik log g_ik + (1 - q_ik) log(1 - g_ik) ),   q = sigmoid(ô)
 * </pre>
 *
 * In the first step all classes are new. The old model runs in evaluation mode, without gradients.
 * Cost: one more forward pass, of the old model.
 */
public final class SigmoidDistillation implements Loss {
  private static final int SUM = 2;

  private final Optional<Module> oldModel;

  /**
   * Creates the loss.
   *
   * @param oldModel the model before the step, with fewer classes, on the same device; empty in the
   *     first step
   */
  public SigmoidDistillation(Optional<Module> oldModel) {
    this.oldModel = oldModel;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the old model does not have fewer classes, or the targets
   *     do not fit
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    Optional<Tensor> oldLogits = oldModel.map(old -> IncrementalDistillation.logits(old, batch));
    Tensor logits = model.forward(batch.inputs());
    return new LossValue(of(logits, oldLogits, batch), logits);
  }

  /**
   * The loss of logits that are there already.
   *
   * @param logits float [n, classes], with gradients
   * @param oldLogits float [n, old classes]; empty in the first step
   * @param batch gives the targets, rows of the last layer or probabilities
   * @return a scalar
   * @throws IllegalArgumentException if the shapes or the targets do not fit
   */
  public Tensor of(Tensor logits, Optional<Tensor> oldLogits, Batch batch) {
    Tensor asked = IncrementalDistillation.atLeastSingle(logits);
    Tensor targets = labels(asked, batch);
    if (oldLogits.isPresent()) {
      Tensor old = IncrementalDistillation.atLeastSingle(oldLogits.get());
      IncrementalDistillation.requireOldAndNew(asked, old);
      targets.narrow(1, 0, old.size(1)).copy_(torch.sigmoid(old));
    }
    return torch
        .binary_cross_entropy_with_logits(
            asked, targets, new TensorOptional(), new TensorOptional(), SUM)
        .div(new Scalar((double) batch.size()));
  }

  private static Tensor labels(Tensor logits, Batch batch) {
    Tensor targets = batch.targets();
    if (!batch.hasSoftTargets()) {
      long most = torch.max(targets).item_long();
      if (torch.min(targets).item_long() < 0 || most >= logits.size(1)) {
        throw new IllegalArgumentException(
            "a label is out of range: the model has " + logits.size(1) + " classes");
      }
      targets = torch.one_hot(targets, logits.size(1));
    }
    if (!Arrays.equals(targets.shape(), logits.shape())) {
      throw new IllegalArgumentException(
          "targets of shape "
              + Arrays.toString(targets.shape())
              + " do not fit logits of shape "
              + Arrays.toString(logits.shape()));
    }
    return targets.to(logits.scalar_type()).clone();
  }

  @Override
  public String toString() {
    return "SigmoidDistillation()";
  }
}
