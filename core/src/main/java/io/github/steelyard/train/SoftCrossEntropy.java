package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The cross-entropy against target probabilities, for batches that mixup or cutmix made:
 *
 * <pre>loss = -1/n sum_i sum_c p_ic log softmax(logits_i)_c</pre>
 *
 * Unlike {@link CrossEntropy} it refuses class indices, so that a forgotten batch transform is an
 * error and not a silently different experiment.
 */
public final class SoftCrossEntropy implements Loss {
  /** Creates the loss. */
  public SoftCrossEntropy() {}

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the targets are class indices or do not fit the logits
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    if (!batch.hasSoftTargets()) {
      throw new IllegalArgumentException(
          "SoftCrossEntropy needs class probabilities [n, classes], but the targets are class"
              + " indices of shape "
              + Arrays.toString(batch.targets().shape())
              + "; use CrossEntropy or add mixup or cutmix to the loader");
    }
    Tensor logits = model.forward(batch.inputs());
    Tensor logProbabilities = torch.log_softmax(Logits.checked(logits, batch), 1);
    return new LossValue(batch.targets().mul(logProbabilities).sum(1).mean().neg(), logits);
  }

  @Override
  public String toString() {
    return "SoftCrossEntropy()";
  }
}
