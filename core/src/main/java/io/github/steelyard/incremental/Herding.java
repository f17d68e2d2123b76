package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Chooses exemplars of a class so that their mean stays near the class's mean (Welling, ICML 2009;
 * as iCaRL uses it, Rebuffi et al., CVPR 2017, algorithm 4). With features f_i of length 1 and
 * their mean m, the k-th exemplar is
 *
 * <pre>p_k = argmin_i | m - (f_i + sum_{j &lt; k} f_{p_j}) / k |,   each sample at most once
 * </pre>
 *
 * The first exemplars of the order are the best smaller memory, so that a memory shrinks by cutting
 * off its end. Cost: count passes over the features.
 */
public final class Herding {
  private Herding() {}

  /**
   * The order in which samples are chosen. Computed in double precision on the processor, so that
   * it does not depend on the device.
   *
   * @param features one row a sample of one class, float [n, features]; rows need not have length 1
   * @param count how many samples to choose; more than n gives all n
   * @return indices of rows, the best first
   * @throws IllegalArgumentException if the features are not of two dimensions or count is negative
   */
  public static int[] order(Tensor features, int count) {
    if (features.dim() != 2 || count < 0) {
      throw new IllegalArgumentException(
          "herding chooses at least 0 of features [n, d], not "
              + count
              + " of "
              + Arrays.toString(features.shape()));
    }
    return Scope.computeWithoutGradient(
        () -> choose(normalized(features.detach().cpu().to(ScalarType.Double)), count));
  }

  /** Rows of length 1; a row of zeros stays one. */
  static Tensor normalized(Tensor features) {
    Tensor norms = features.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
    return features.div(norms.clamp_min(new Scalar(1e-12)));
  }

  private static int[] choose(Tensor features, int count) {
    Tensor mean = features.mean(new long[] {0}, false, new ScalarTypeOptional());
    Tensor sum = torch.zeros_like(mean);
    Tensor taken = torch.zeros(new long[] {features.size(0)}, features.options());
    int[] order = new int[Math.toIntExact(Math.min(count, features.size(0)))];
    for (int k = 0; k < order.length; k++) {
      double size = k + 1;
      order[k] =
          Scope.compute(
              () -> {
                Tensor means = features.add(sum).div(new Scalar(size));
                Tensor distances = mean.sub(means).pow(new Scalar(2)).sum(1).add(taken);
                return Math.toIntExact(
                    torch.argmin(distances, new LongOptional(0), false).item_long());
              });
      int chosen = order[k];
      Scope.run(
          () -> {
            sum.add_(features.select(0, chosen));
            taken.select(0, chosen).fill_(new Scalar(Double.POSITIVE_INFINITY));
          });
    }
    return order;
  }
}
