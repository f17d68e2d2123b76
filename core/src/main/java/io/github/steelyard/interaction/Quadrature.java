package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where on the way from 0 to the activation an integral over alpha in [0, 1] is evaluated.
 *
 * @param rule how the points are chosen
 * @param intervals the number of points less one; at least 0, and 0 for {@link Rule#GRADIENT}
 */
public record Quadrature(Rule rule, int intervals) {
  /** Enough for any network: its integrands are far from smooth. */
  private static final int MOST_INTERVALS = 1000;

  /** How the points are chosen. */
  public enum Rule {
    /** One point, alpha = 1: no integral but the value at the activation itself. */
    GRADIENT,
    /** Gauss-Legendre points. */
    GAUSS_LEGENDRE,
    /**
     * Equally spaced points on [e, 1 - e] with e = 0.001 / points, with half weight at the ends;
     * one point is the middle.
     */
    TRAPEZOIDAL
  }

  /**
   * Checks the numbers.
   *
   * @param rule how the points are chosen
   * @param intervals the number of points less one
   * @throws IllegalArgumentException if there are fewer than 0 or more than 1000 intervals, or any
   *     with {@link Rule#GRADIENT}
   */
  public Quadrature {
    Objects.requireNonNull(rule, "rule");
    if (intervals < 0 || intervals > MOST_INTERVALS) {
      throw new IllegalArgumentException(
          "intervals must be from 0 to " + MOST_INTERVALS + ", but is " + intervals);
    }
    if (rule == Rule.GRADIENT && intervals != 0) {
      throw new IllegalArgumentException(
          "the rule GRADIENT has one point, so intervals must be 0, but is " + intervals);
    }
  }

  /**
   * The value at the activation itself, as the local basis takes it.
   *
   * @return one point, alpha = 1
   */
  public static Quadrature gradient() {
    return new Quadrature(Rule.GRADIENT, 0);
  }

  /**
   * Gauss-Legendre points.
   *
   * @param intervals the number of points less one
   * @return the rule
   * @throws IllegalArgumentException if there are fewer than 0 or more than 1000 intervals
   */
  public static Quadrature gaussLegendre(int intervals) {
    return new Quadrature(Rule.GAUSS_LEGENDRE, intervals);
  }

  /**
   * Equally spaced points.
   *
   * @param intervals the number of points less one
   * @return the rule
   * @throws IllegalArgumentException if there are fewer than 0 or more than 1000 intervals
   */
  public static Quadrature trapezoidal(int intervals) {
    return new Quadrature(Rule.TRAPEZOIDAL, intervals);
  }

  /**
   * The points.
   *
   * @return alpha, ascending
   */
  public double[] points() {
    return table()[0];
  }

  /**
   * The weights of the points.
   *
   * @return one weight a point, with the sum 1
   */
  public double[] weights() {
    return table()[1];
  }

  private double[][] table() {
    return switch (rule) {
      case GRADIENT -> new double[][] {{1}, {1}};
      case GAUSS_LEGENDRE -> gaussLegendre();
      case TRAPEZOIDAL -> trapezoidal();
    };
  }

  private double[][] trapezoidal() {
    if (intervals == 0) {
      return new double[][] {{0.5}, {1}};
    }
    double edge = 1e-3 / (intervals + 1);
    double[] points = new double[intervals + 1];
    double[] weights = new double[intervals + 1];
    for (int i = 0; i <= intervals; i++) {
      points[i] = edge + (1 - 2 * edge) * i / intervals;
      weights[i] = (i == 0 || i == intervals ? 0.5 : 1) / intervals;
    }
    return new double[][] {points, weights};
  }

  /** Eigenvalues of the Legendre polynomials' Jacobi matrix (Golub and Welsch, 1969). */
  private double[][] gaussLegendre() {
    int n = intervals + 1;
    double[] jacobi = new double[n * n];
    for (int k = 1; k < n; k++) {
      jacobi[(k - 1) * n + k] = k / Math.sqrt(4.0 * k * k - 1);
      jacobi[k * n + k - 1] = jacobi[(k - 1) * n + k];
    }
    double[] points = new double[n];
    double[] weights = new double[n];
    Scope.withoutGradient(
        () -> {
          T_TensorTensor_T solved = torch.linalg_eigh(Tensor.create(jacobi, (long) n, (long) n));
          double[] nodes = Matrices.values(solved.get0());
          double[] first = Matrices.values(solved.get1().select(0, 0));
          Arrays.setAll(points, i -> (nodes[i] + 1) / 2);
          Arrays.setAll(weights, i -> first[i] * first[i]);
        });
    return new double[][] {points, weights};
  }
}
