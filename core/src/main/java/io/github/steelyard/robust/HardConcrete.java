package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The hard concrete distribution (Louizos, Welling and Kingma, "Learning Sparse Neural Networks
 * through L0 Regularization", ICLR 2018, arXiv 1712.01312): a number in [0, 1] that is exactly 0 or
 * exactly 1 with a probability above 0 and still has a gradient. A concrete variable is stretched
 * to (gamma, zeta) = (-0.1, 1.1) and cut off:
 *
 * <pre>
 * sample:      z = clamp(sigmoid((log u - log(1 - u) + log alpha) / T) (zeta - gamma) + gamma, 0, 1)
 * evaluation:  z = clamp(sigmoid(log alpha) (zeta - gamma) + gamma, 0, 1)
 * P(z != 0):   1 - q0,  q0 = sigmoid(T log(-gamma / zeta) - log alpha), within [1e-6, 1 - 1e-6]
 * </pre>
 *
 * @param temperature T, above 0; the paper has 2/3
 */
public record HardConcrete(double temperature) {
  /** The paper's temperature. */
  public static final HardConcrete DEFAULT = new HardConcrete(2.0 / 3.0);

  /** Uniform numbers and probabilities stay this far from 0 and 1, where logarithms end. */
  static final double MARGIN = 1e-6;

  private static final double GAMMA = -0.1;
  private static final double ZETA = 1.1;
  private static final double SMALLEST = Math.log(0.01);
  private static final double LARGEST = Math.log(100);

  /**
   * Checks the value.
   *
   * @param temperature above 0
   * @throws IllegalArgumentException if the temperature is not above 0
   */
  public HardConcrete {
    Checks.positive(temperature, "hard concrete gates", "temperature");
  }

  /**
   * A sample.
   *
   * @param logAlpha the parameter, any shape
   * @param uniform numbers in [1e-6, 1 - 1e-6], of the same shape
   * @return gates in [0, 1], with gradients recorded
   */
  public Tensor sample(Tensor logAlpha, Tensor uniform) {
    Tensor logit = uniform.log().sub(uniform.neg().add(new Scalar(1.0)).log());
    return stretched(logit.add(logAlpha).div(new Scalar(temperature)));
  }

  /**
   * The gates that evaluation uses, without chance.
   *
   * @param logAlpha the parameter, any shape
   * @return gates in [0, 1], with gradients recorded
   */
  public Tensor evaluationGate(Tensor logAlpha) {
    return stretched(logAlpha);
  }

  private static Tensor stretched(Tensor logit) {
    Tensor stretched = logit.sigmoid().mul(new Scalar(ZETA - GAMMA)).add(new Scalar(GAMMA));
    return clamped(stretched, 0, 1);
  }

  /**
   * How probable it is that a sample is not 0.
   *
   * @param logAlpha the parameter, any shape
   * @return probabilities in [1e-6, 1 - 1e-6], with gradients recorded
   */
  public Tensor probabilityOpen(Tensor logAlpha) {
    double closed = temperature * Math.log(-GAMMA / ZETA);
    Tensor probability = logAlpha.neg().add(new Scalar(closed)).sigmoid();
    return clamped(probability, MARGIN, 1 - MARGIN).neg().add(new Scalar(1.0));
  }

  /** Brings the parameter back to [log 0.01, log 100], as after each step of training. */
  static void clamp(Tensor logAlpha) {
    logAlpha.clamp_(
        new ScalarOptional(new Scalar(SMALLEST)), new ScalarOptional(new Scalar(LARGEST)));
  }

  private static Tensor clamped(Tensor value, double least, double most) {
    return value.clamp(new ScalarOptional(new Scalar(least)), new ScalarOptional(new Scalar(most)));
  }
}
