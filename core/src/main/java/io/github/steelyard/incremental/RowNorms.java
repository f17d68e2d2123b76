package io.github.steelyard.incremental;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The lengths of the last layer's rows: {@code |w_k| = sqrt(sum_j w_kj^2)} for class k, of the
 * weight that the layer sees. After a step without correction the rows of new classes are longer,
 * so that new classes win.
 *
 * @param norms one norm for each class, in the order of the rows
 * @param oldClasses how many of the first rows belong to classes of earlier steps; 0 in the first
 *     step
 */
public record RowNorms(List<Double> norms, int oldClasses) {
  /**
   * Checks and copies the values.
   *
   * @param norms one norm for each class
   * @param oldClasses from 0 to the number of norms
   * @throws IllegalArgumentException if there are fewer rows than old classes
   */
  public RowNorms {
    norms = List.copyOf(norms);
    if (oldClasses < 0 || oldClasses > norms.size()) {
      throw new IllegalArgumentException(
          "of " + norms.size() + " classes, " + oldClasses + " cannot be old");
    }
  }

  /**
   * Measures a model.
   *
   * @param model a classifier
   * @param head the last layer's path; empty to find it
   * @param oldClasses how many of the first rows belong to classes of earlier steps
   * @return the norms
   * @throws IllegalArgumentException if the last layer is not a Linear or has fewer rows
   */
  public static RowNorms of(Module model, String head, int oldClasses) {
    Tensor weight = ClassifierHead.of(model, head).linear().weight().value();
    return new RowNorms(of(weight), oldClasses);
  }

  /** The Euclidean norm of each row, in double precision. */
  static List<Double> of(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor rows = weight.detach().to(ScalarType.Double);
          Tensor norms = rows.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, false).cpu();
          double[] values = new double[Math.toIntExact(norms.numel())];
          norms.contiguous().data_ptr_double().get(values);
          List<Double> list = new ArrayList<>();
          for (double value : values) {
            list.add(value);
          }
          return list;
        });
  }

  /**
   * The mean norm of the old classes' rows.
   *
   * @return not a number without old classes
   */
  public double oldMean() {
    return mean(norms.subList(0, oldClasses));
  }

  /**
   * The mean norm of the new classes' rows.
   *
   * @return not a number without new classes
   */
  public double newMean() {
    return mean(norms.subList(oldClasses, norms.size()));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
