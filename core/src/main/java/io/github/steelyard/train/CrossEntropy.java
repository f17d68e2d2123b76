package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The cross-entropy of a classifier, with optional label smoothing (Szegedy et al., CVPR 2016):
 *
 * <pre>loss = -1/n sum_i sum_c q_ic log softmax(logits_i)_c,   q_ic = (1 - e) [c = y_i] + e / C
 * </pre>
 *
 * with smoothing e and C classes. Targets may be class indices or probabilities p_ic, which take
 * the place of [c = y_i], as mixup and cutmix make them. Equals PyTorch's {@code CrossEntropyLoss}
 * with mean reduction.
 */
public final class CrossEntropy implements Loss {
  private static final int MEAN = 1;
  private static final long IGNORE_NOTHING = -100;

  private final double labelSmoothing;

  /** Creates the loss without label smoothing. */
  public CrossEntropy() {
    this(0);
  }

  /**
   * Creates the loss.
   *
   * @param labelSmoothing the share e of the target that is spread over all classes, in [0, 1)
   * @throws IllegalArgumentException if the share is out of range
   */
  public CrossEntropy(double labelSmoothing) {
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException(
          "label smoothing must be in [0, 1), but is " + labelSmoothing);
    }
    this.labelSmoothing = labelSmoothing;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if logits and targets do not fit or a label is out of range
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    Tensor logits = model.forward(batch.inputs());
    return new LossValue(of(logits, batch), logits);
  }

  /**
   * The loss of logits that are there already.
   *
   * @param logits what the model said, float [n, classes]
   * @param batch the batch
   * @return a scalar
   * @throws IllegalArgumentException if logits and targets do not fit or a label is out of range
   */
  public Tensor of(Tensor logits, Batch batch) {
    return torch.cross_entropy_loss(
        Logits.checked(logits, batch),
        batch.targets(),
        new TensorOptional(),
        MEAN,
        IGNORE_NOTHING,
        labelSmoothing);
  }

  @Override
  public String toString() {
    return "CrossEntropy(labelSmoothing=" + labelSmoothing + ")";
  }
}
