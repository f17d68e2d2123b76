package io.github.steelyard.incremental;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Weight Aligning (Zhao, Xiao, Gan, Zhang and Xia, "Maintaining Discrimination and Fairness in
 * Class Incremental Learning", CVPR 2020, arXiv 1911.07053). After a step, the rows of the last
 * layer that belong to new classes are longer than those of old classes, so that samples of old
 * classes are taken for new ones. Aligning makes their mean lengths equal:
 *
 * <pre>
 * gamma = mean_{k old} |w_k| / mean_{k new} |w_k|
 * w_k  &lt;- gamma w_k   for each new class k
 * </pre>
 *
 * Old rows and all biases stay as they are. The method has no hyperparameter. Cost: two passes over
 * the last layer, once a step.
 *
 * <p>Use it after training with {@link IncrementalDistillation} on new data and exemplars, with
 * {@link WeightRestriction} during training, so that norms compare fairly. Do not use it in the
 * first step (there is nothing to align with), after joint training (there is no bias to correct)
 * or with a cosine classifier, whose rows have unit length.
 *
 * @param head the last layer's path; empty to find it
 * @param oldClasses how many of the first rows belong to classes of earlier steps, at least 1
 */
public record WeightAligning(String head, int oldClasses) implements ModelTransform {
  /**
   * Checks the number.
   *
   * @param head the last layer's path; empty to find it
   * @param oldClasses at least 1
   * @throws IllegalArgumentException if there are no old classes
   */
  public WeightAligning {
    if (oldClasses < 1) {
      throw new IllegalArgumentException(
          "aligning needs at least one old class to align with, but has " + oldClasses);
    }
  }

  /**
   * Aligns the head that is found by itself.
   *
   * @param oldClasses how many of the first rows belong to classes of earlier steps, at least 1
   * @throws IllegalArgumentException if there are no old classes
   */
  public WeightAligning(int oldClasses) {
    this("", oldClasses);
  }

  /**
   * The factor that aligns a weight.
   *
   * @param weight a last layer's weight, float [classes, features]
   * @return gamma, above 0 for a weight whose old rows are not all zero
   * @throws IllegalArgumentException if there is no new row, or all new rows are zero or not finite
   */
  public double gamma(Tensor weight) {
    return gamma(RowNorms.of(weight));
  }

  double gamma(List<Double> norms) {
    if (oldClasses >= norms.size()) {
      throw new IllegalArgumentException(
          "aligning needs rows of new classes, but all "
              + norms.size()
              + " rows belong to the "
              + oldClasses
              + " old classes");
    }
    RowNorms rows = new RowNorms(norms, oldClasses);
    double gamma = rows.oldMean() / rows.newMean();
    if (!Double.isFinite(gamma)) {
      throw new IllegalArgumentException(
          "the rows cannot be aligned: the mean norm of the old classes is "
              + rows.oldMean()
              + ", that of the new ones "
              + rows.newMean());
    }
    return gamma;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the last layer is not a Linear, has no rows of new classes,
   *     cannot be aligned or has a parametrization without inverse; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    ClassifierHead found = ClassifierHead.of(model, head);
    Linear layer = found.linear();
    Parameter weight = layer.weight();
    HeadRows.requireAssignable(weight, found.path() + ".weight", "weight aligning");
    Scope.withoutGradient(
        () -> {
          Tensor aligned = weight.value().clone();
          double gamma = gamma(aligned);
          HeadRows.of(aligned, oldClasses, layer.outFeatures()).mul_(new Scalar(gamma));
          HeadRows.assign(weight, aligned, oldClasses);
        });
    return model;
  }
}
