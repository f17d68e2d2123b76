package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.nio.DoubleBuffer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The cross-entropy of a classifier, with optional label smoothing (Szegedy et al., CVPR 2016):
 *
 * <pre>
 * loss = -1/Z sum_i sum_c w_c q_ic log softmax(logits_i)_c,   q_ic = (1 - e) [c = y_i] + e / C
 * </pre>
 *
 * with smoothing e and C classes. Targets may be class indices or probabilities p_ic, which take
 * the place of [c = y_i], as mixup and cutmix make them. Class weights w_c are 1 unless they are
 * given; Z is the sum of w_y over the batch for class indices, the number of samples for
 * probabilities. Equals PyTorch's {@code CrossEntropyLoss} with mean reduction.
 */
public final class CrossEntropy implements Loss {
  private static final int MEAN = 1;
  private static final long IGNORE_NOTHING = -100;

  private final double labelSmoothing;
  private final List<Double> classWeights;

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
    this.classWeights = List.of();
  }

  private CrossEntropy(double labelSmoothing, List<Double> classWeights) {
    this.labelSmoothing = labelSmoothing;
    this.classWeights = List.copyOf(classWeights);
  }

  /**
   * The same loss with a weight for each class, so that the samples of rare classes count more: see
   * {@link io.github.steelyard.data.ClassBalance#weights}.
   *
   * @param weights of the classes in the order of the logits, each above 0
   * @return the changed loss
   * @throws IllegalArgumentException if there are none or one is not a finite number above 0
   */
  public CrossEntropy withClassWeights(List<Double> weights) {
    if (weights.isEmpty()) {
      throw new IllegalArgumentException("class weights need a number for each class");
    }
    for (double weight : weights) {
      if (!(weight > 0 && Double.isFinite(weight))) {
        throw new IllegalArgumentException("a class weight must be above 0, but is " + weight);
      }
    }
    return new CrossEntropy(labelSmoothing, weights);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if logits and targets do not fit or a label is out of range
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    Tensor logits = model.forward(batch.inputs());
    return new LossValue(of(logits, batch), logits, weight(batch));
  }

  /**
   * The loss of logits that are there already.
   *
   * @param logits what the model said, float [n, classes]
   * @param batch the batch
   * @return a scalar
   * @throws IllegalArgumentException if logits and targets do not fit, a label is out of range, or
   *     there are class weights for another number of classes
   */
  public Tensor of(Tensor logits, Batch batch) {
    Tensor checked = Logits.checked(logits, batch);
    if (!classWeights.isEmpty() && classWeights.size() != checked.size(1)) {
      throw new IllegalArgumentException(
          "there are class weights for %d classes, but the model has %d"
              .formatted(classWeights.size(), checked.size(1)));
    }
    return torch.cross_entropy_loss(
        checked,
        batch.targets(),
        classWeights.isEmpty() ? new TensorOptional() : new TensorOptional(weights(checked)),
        MEAN,
        IGNORE_NOTHING,
        labelSmoothing);
  }

  /**
   * The mean of what another part of a loss says of each sample, in which each counts as in this
   * one: class weights w give {@code 1/Z sum_i w_{y_i} value_i}, for probabilities {@code 1/n sum_i
   * (sum_c p_ic w_c) value_i}.
   *
   * @param values float [n]
   * @param batch of which they are
   * @return a scalar
   */
  public Tensor mean(Tensor values, Batch batch) {
    if (classWeights.isEmpty()) {
      return values.mean();
    }
    Tensor weights = weights(values);
    return batch.hasSoftTargets()
        ? values.mul(batch.targets().mul(weights).sum(1)).mean()
        : values.mul(ofSamples(weights, batch)).sum().div(ofSamples(weights, batch).sum());
  }

  /**
   * What the mean over a batch is divided by: how much it counts beside other batches.
   *
   * @param batch whose labels are among the classes
   * @return the number of its samples; with class weights and class indices, the sum of their
   *     classes' weights
   */
  public double weight(Batch batch) {
    return classWeights.isEmpty() || batch.hasSoftTargets()
        ? batch.size()
        : Scope.compute(() -> ofSamples(weights(batch.inputs()), batch).sum().item_double());
  }

  private static Tensor ofSamples(Tensor weights, Batch batch) {
    return weights.index_select(0, batch.targets());
  }

  /** On the device and of the type of what they are multiplied with, but no coarser than float. */
  private Tensor weights(Tensor like) {
    Tensor weights =
        torch.empty(new long[] {classWeights.size()}, new TensorOptions(ScalarType.Double), null);
    DoubleBuffer buffer = weights.createBuffer();
    classWeights.forEach(buffer::put);
    ScalarType type = like.scalar_type().intern();
    return weights.to(like.device(), type == ScalarType.Double ? type : ScalarType.Float);
  }

  @Override
  public String toString() {
    return "CrossEntropy(labelSmoothing="
        + labelSmoothing
        + (classWeights.isEmpty() ? "" : ", classWeights=" + classWeights)
        + ")";
  }
}
