package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What the gates of one layer cost. With the n_c weights w_c of unit c, the probability 1 - q0_c
 * that its gate is open, and the prior's precision kappa, the expected cost of keeping the unit and
 * the penalty are
 *
 * <pre>
 * t_c = (1 - q0_c) (kappa / 2 |w_c|^2 + lambda n_c)
 * transformed_l1:  sum_c (a + 1) t_c / (a + t_c)
 * published_code:  sum_c (a + 1) t_c / (a - t_c)
 * bias b:  + sum_c (1 - q0_c) (kappa / 2 b_c^2 - lambda)  with gates on output channels,
 *          + sum kappa / 2 b^2  with gates on input units
 * </pre>
 *
 * <p>The bias's term is the published code's in both forms, its sign of lambda included.
 *
 * @param form which of the two
 * @param a the shape, above 0
 * @param priorPrecision kappa, at least 0
 * @param lambda what a weight costs whatever its size, at least 0
 */
public record GateCost(Form form, double a, double priorPrecision, double lambda) {
  /** How the expected cost of a unit becomes its penalty. */
  public enum Form {
    /**
     * (a + 1) t / (a + t): saturates at a + 1. The slope falls from (a + 1) / a at t = 0, so that
     * cheap units are pulled to zero and costly ones are left alone.
     */
    TRANSFORMED_L1,
    /**
     * (a + 1) t / (a - t), as the authors' code computes it from log-probabilities: the slope rises
     * from (a + 1) / a at t = 0 without bound towards the pole at t = a, so that costly units are
     * pulled hardest. Refused where a t reaches a.
     */
    PUBLISHED_CODE
  }

  /**
   * Checks the values.
   *
   * @param form which form
   * @param a above 0
   * @param priorPrecision at least 0
   * @param lambda at least 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public GateCost {
    Checks.positive(a, "TransformedSparseConstraint", "a");
    requireNotNegative(priorPrecision, "priorPrecision");
    requireNotNegative(lambda, "lambda");
  }

  static void requireNotNegative(double value, String what) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "TransformedSparseConstraint: " + what + " must be at least 0, but is " + value);
    }
  }

  /**
   * The penalty of one layer.
   *
   * @param layer its path, for the message
   * @param weight of two or more dimensions
   * @param bias [output channels], or empty
   * @param open how probable it is that each gate is open, [units]
   * @param unit what the gates open and close
   * @return a scalar with gradients recorded
   * @throws IllegalArgumentException if the form is the published code's and a unit reaches its
   *     pole, or the number of gates does not fit the weight
   */
  public Tensor measure(
      String layer, Tensor weight, Optional<Tensor> bias, Tensor open, Unit unit) {
    if (weight.dim() < 2 || weight.size(unit.dimension()) != open.numel()) {
      throw new IllegalArgumentException(
          open.numel()
              + " gates do not fit the weight of '"
              + layer
              + "', whose shape is "
              + Arrays.toString(weight.shape()));
    }
    Tensor rows = weight.transpose(0, unit.dimension()).flatten(1, -1);
    Tensor squares = rows.square().sum(1).mul(new Scalar(priorPrecision / 2));
    Tensor cost = squares.add(new Scalar(lambda * rows.size(1))).mul(open);
    Tensor penalty = cost.mul(new Scalar(a + 1)).div(denominator(layer, cost)).sum();
    if (bias.isEmpty()) {
      return penalty;
    }
    Tensor half = bias.get().square().mul(new Scalar(priorPrecision / 2));
    return penalty.add(
        unit == Unit.OUTPUT_CHANNEL ? half.sub(new Scalar(lambda)).mul(open).sum() : half.sum());
  }

  private Tensor denominator(String layer, Tensor cost) {
    if (form == Form.TRANSFORMED_L1) {
      return cost.add(new Scalar(a));
    }
    double largest = cost.detach().max().item_double();
    if (largest >= a) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "TransformedSparseConstraint: keeping a unit of '%s' is expected to cost %.4g, but the"
                  + " form published_code has its pole at a = %s and the wrong sign beyond it; raise"
                  + " a, lower the weight decay, or use the form transformed_l1, which has no pole",
              layer,
              largest,
              a));
    }
    return cost.neg().add(new Scalar(a));
  }
}
