package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Chooses units of which all others are linear combinations, with a constant. Pivoted Cholesky
 * factorization of the Gram matrix, written by hand: libtorch's factorizations do not pivot, and
 * those of Commons Math do not give the pivots.
 */
final class DependentUnits {
  private final int width;
  private final double[] residual;
  private final double[] own;
  private final List<double[]> factor = new ArrayList<>();
  private final double[] gram;
  private final List<Integer> chosen = new ArrayList<>();

  /**
   * Chooses.
   *
   * @param gram of the units and, last, the constant 1, [width + 1, width + 1]
   * @param tolerance a unit depends on the chosen ones if this share of its mean square is left
   * @param candidates units that may be chosen
   */
  DependentUnits(Tensor gram, double tolerance, boolean[] candidates) {
    this.gram = Matrices.values(gram);
    this.width = Math.toIntExact(gram.size(0));
    this.residual = new double[width];
    this.own = new double[width];
    for (int i = 0; i < width; i++) {
      own[i] = this.gram[i * width + i];
      residual[i] = own[i];
    }
    choose(width - 1);
    while (true) {
      int best = -1;
      double share = tolerance;
      for (int i = 0; i < width - 1; i++) {
        if (candidates[i] && own[i] > 0 && !chosen.contains(i) && residual[i] / own[i] > share) {
          best = i;
          share = residual[i] / own[i];
        }
      }
      if (best < 0) {
        return;
      }
      choose(best);
    }
  }

  private void choose(int pivot) {
    double root = Math.sqrt(residual[pivot]);
    double[] column = new double[width];
    for (int i = 0; i < width; i++) {
      double value = gram[i * width + pivot];
      for (double[] earlier : factor) {
        value -= earlier[i] * earlier[pivot];
      }
      column[i] = value / root;
      residual[i] = Math.max(0, residual[i] - column[i] * column[i]);
    }
    residual[pivot] = 0;
    factor.add(column);
    chosen.add(pivot);
  }

  /** The chosen units in their order, without the constant. */
  int[] units() {
    return chosen.stream()
        .filter(i -> i < width - 1)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  /**
   * How all units follow from the chosen ones and the constant.
   *
   * @return [chosen units + 1, width + 1], the constant last
   */
  static Tensor combinations(Tensor gram, int[] units) {
    int constant = Math.toIntExact(gram.size(0)) - 1;
    int[] basis = Arrays.copyOf(units, units.length + 1);
    basis[units.length] = constant;
    Tensor rows = Matrices.rows(gram, basis);
    // Scaled to a diagonal of ones, so that small units are solved for as well as large ones.
    Tensor square = Matrices.columns(rows, basis);
    Tensor sizes = square.diagonal().sqrt();
    Tensor scale = sizes.add(sizes.eq(new Scalar(0.0)).to(ScalarType.Double));
    Tensor unit = square.div(scale.unsqueeze(0)).div(scale.unsqueeze(1));
    Tensor solved = torch.linalg_pinv(unit, 1e-14, true).matmul(rows.div(scale.unsqueeze(1)));
    return solved.div(scale.unsqueeze(1));
  }
}
