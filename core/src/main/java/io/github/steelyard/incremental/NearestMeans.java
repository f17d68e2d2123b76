package io.github.steelyard.incremental;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The read-out by nearest mean of exemplars (iCaRL, Rebuffi et al., CVPR 2017, algorithm 1). With
 * features f of length 1 and m_k the mean over the exemplars of class k, brought to length 1, the
 * answer is {@code argmin_k |f(x) - m_k|}. As a {@link Loss} its logits are {@code -|f(x) -
 * m_k|^2}, so that every metric can read it. It does not use the last layer, whose bias toward new
 * classes it thus avoids; it needs exemplars of all classes.
 */
public final class NearestMeans implements Loss {
  private final String head;
  private final Tensor means;

  /**
   * Creates the read-out.
   *
   * @param head the last layer's path; empty to find it
   * @param features for each class, in the order of the rows, the features of its exemplars, float
   *     [n, d]
   * @throws IllegalArgumentException if there is no class
   */
  public NearestMeans(String head, List<Tensor> features) {
    if (features.isEmpty()) {
      throw new IllegalArgumentException("the nearest mean needs exemplars of at least one class");
    }
    this.head = head;
    this.means =
        Scope.keep(
            Scope.computeWithoutGradient(
                () -> {
                  TensorVector rows = new TensorVector();
                  features.forEach(each -> rows.push_back(mean(each)));
                  return Herding.normalized(torch.stack(rows, 0));
                }));
  }

  private static Tensor mean(Tensor features) {
    return Herding.normalized(features.to(ScalarType.Double))
        .mean(new long[] {0}, false, new ScalarTypeOptional());
  }

  /**
   * {@inheritDoc}
   *
   * @return the cross-entropy of the negated squared distances, and these as logits
   * @throws IllegalArgumentException if the model's features or the targets do not fit
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    Tensor features = ClassifierHead.of(model, head).features(batch.inputs());
    Tensor logits = logits(features);
    return new LossValue(new CrossEntropy().of(logits, batch), logits);
  }

  /**
   * How near features are to each class.
   *
   * @param features float [n, d]
   * @return negated squared distances, double [n, classes]
   */
  public Tensor logits(Tensor features) {
    Tensor unit = Herding.normalized(features.to(ScalarType.Double));
    Tensor on = means.to(unit.device(), ScalarType.Double);
    return torch.cdist(unit, on).pow(new Scalar(2)).neg();
  }
}
