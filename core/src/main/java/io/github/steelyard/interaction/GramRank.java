package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** The rank of data from its Gram matrix. */
final class GramRank {
  private GramRank() {}

  /**
   * The rank, whatever the coordinates' scales: eigenvalues of the matrix with a diagonal of ones.
   *
   * @param gram symmetric, [n, n]
   * @param tolerance eigenvalues at or below this share of the largest count as 0
   */
  static int of(Tensor gram, double tolerance) {
    return Scope.computeWithoutGradient(
        () -> {
          double[] diagonal = Matrices.values(gram.diagonal());
          int[] present =
              IntStream.range(0, diagonal.length).filter(i -> diagonal[i] > 0).toArray();
          if (present.length == 0) {
            return 0;
          }
          Tensor part = Matrices.columns(Matrices.rows(gram, present), present);
          Tensor scale = part.diagonal().sqrt();
          Tensor unit = part.div(scale.unsqueeze(0)).div(scale.unsqueeze(1));
          double[] values = Matrices.values(Matrices.eigen(unit, 0).values());
          return (int) Arrays.stream(values).filter(v -> v > tolerance * values[0]).count();
        });
  }
}
