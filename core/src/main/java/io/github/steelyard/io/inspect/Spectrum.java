package io.github.steelyard.io.inspect;

import java.util.Arrays;
import java.util.List;

/**
 * The singular values s_1 &gt;= s_2 &gt;= ... of a matrix and what follows from them. A tensor of
 * more than two dimensions, such as a convolution's weight, counts as the matrix [first dimension,
 * all others].
 *
 * @param rows rows of the matrix
 * @param columns columns of the matrix
 * @param singularValues all min(rows, columns) of them, falling
 * @param spectralNorm s_1: how much the matrix stretches a vector at most
 * @param rank how many singular values exceed max(rows, columns) · 2<sup>-52</sup> · s_1, as
 *     NumPy's {@code matrix_rank} in double precision
 * @param conditionNumber s_1 over the smallest singular value; null (infinite) if the rank is below
 *     min(rows, columns)
 * @param effectiveConditionNumber s_1 over the smallest singular value that exceeds that rounding
 *     error, s_rank: the condition number on what the matrix does not lose; null for a zero matrix
 * @param effectiveRank the exponential of the entropy of s_i / sum(s) (Roy and Vetterli, "The
 *     effective rank", EUSIPCO 2007), 1 to min(rows, columns); 0 for a zero matrix
 * @param stableRank the squared Frobenius norm over s_1 squared, 1 to min(rows, columns); 0 for a
 *     zero matrix
 */
public record Spectrum(
    long rows,
    long columns,
    List<Double> singularValues,
    double spectralNorm,
    int rank,
    Double conditionNumber,
    Double effectiveConditionNumber,
    double effectiveRank,
    double stableRank) {

  /**
   * Copies the list.
   *
   * @param rows rows of the matrix
   * @param columns columns of the matrix
   * @param singularValues all singular values, falling
   * @param spectralNorm the largest one
   * @param rank how many exceed the rounding error
   * @param conditionNumber largest over smallest, or null
   * @param effectiveConditionNumber largest over smallest that exceeds the rounding error, or null
   * @param effectiveRank the exponential of the entropy of their shares
   * @param stableRank squared Frobenius norm over squared spectral norm
   */
  public Spectrum {
    singularValues = List.copyOf(singularValues);
  }

  /**
   * What follows from singular values.
   *
   * @param rows rows of the matrix, at least 1
   * @param columns columns of the matrix, at least 1
   * @param scaled the singular values over {@code scale}, falling
   * @param scale what they were divided by so that they and their squares stay in range
   */
  static Spectrum of(long rows, long columns, double[] scaled, double scale) {
    double largest = scaled[0];
    double sum = 0;
    double squares = 0;
    for (double s : scaled) {
      sum += s;
      squares += s * s;
    }
    double entropy = 0;
    int rank = 0;
    double negligible = Math.max(rows, columns) * Math.ulp(1.0) * largest;
    for (double s : scaled) {
      double share = s / sum;
      entropy -= share > 0 ? share * Math.log(share) : 0;
      rank += s > negligible ? 1 : 0;
    }
    boolean zero = largest == 0;
    boolean fullRank = rank == scaled.length;
    return new Spectrum(
        rows,
        columns,
        Arrays.stream(scaled).mapToObj(s -> s * scale).toList(),
        largest * scale,
        rank,
        fullRank ? largest / scaled[scaled.length - 1] : null,
        rank > 0 ? largest / scaled[rank - 1] : null,
        zero ? 0 : Math.exp(entropy),
        zero ? 0 : squares / (largest * largest));
  }
}
