package io.github.steelyard.compander;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compresses large weights and expands small ones: the layer sees w where the optimizer moves v.
 *
 * <pre>
 * w = psi(v) = a arctan(v / b)            a, b &gt; 0, so |w| &lt; a pi / 2
 * psi'(v) = (a / b) / (1 + (v / b)^2)     = (a / b) cos^2(w / a)
 * v = b tan(w / a)                        the inverse, where |w| &lt; a pi / 2
 * </pre>
 *
 * <p>With a / b above 1 small weights are pushed away from zero; large ones move slowly. Weight
 * decay acts on v, which is what the optimizer sees. Under plain SGD a step on v moves a small
 * weight (a / b)^2 times as far as a step on w would, under Adam a / b times: compare with another
 * learning rate before praising the compander.
 *
 * <p>Fixed: a and b are buffers, {@code a} and {@code b}. Learned: they are parameters {@code
 * log_a} and {@code log_b}, since a logarithm keeps a and b positive without a limit and makes a
 * step change them by the same factor in every layer, whatever the size of its weights; a softplus
 * would move small values by factors and large ones by differences. Both have no dimension, so
 * {@link io.github.steelyard.optim.ParameterGroup#of} puts them into the group without decay.
 *
 * <p>Gradients, also those of a and b and of higher order, come from automatic differentiation:
 * dL/dv = dL/dw psi'(v), dL/dlog a = sum dL/dw w, dL/dlog b = -sum dL/dv v.
 *
 * <p>Costs three passes over the weight forward and about as many backward, nothing once
 * materialized ({@link MaterializeCompander}). Not for biases, normalization or embeddings; not
 * where single large weights matter, which it cannot represent.
 *
 * <p>Paper: Cakaj, Mehnert and Yang, "Weight Compander: A Simple Weight Reparameterization for
 * Regularization", 2023 (arXiv 2306.16993). The form of psi is our reading of it.
 */
public final class WeightCompander extends Parametrization {
  private final boolean learned;
  private final CompanderPart part;
  private final Buffer fixedA;
  private final Buffer fixedB;
  private final Parameter logA;
  private final Parameter logB;

  WeightCompander(double a, double b, boolean learned, CompanderPart part, ScalarType type) {
    requirePositive("a", a);
    requirePositive("b", b);
    this.learned = learned;
    this.part = part;
    fixedA = learned ? null : buffer("a", scalar(a, type));
    fixedB = learned ? null : buffer("b", scalar(b, type));
    logA = learned ? parameter("log_a", scalar(Math.log(a), type)) : null;
    logB = learned ? parameter("log_b", scalar(Math.log(b), type)) : null;
  }

  private static Tensor scalar(double value, ScalarType type) {
    return Scope.computeWithoutGradient(
        () -> torch.scalar_tensor(new Scalar(value), new TensorOptions(type)));
  }

  private static void requirePositive(String what, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          what + " of a weight compander must be above 0 and finite, but is " + value);
    }
  }

  /**
   * A compander that stays as it is.
   *
   * @param a the limit of a weight's size is a pi / 2; above 0
   * @param b how fast it is reached; above 0
   * @return a compander with the buffers {@code a} and {@code b} in 32 bits
   * @throws IllegalArgumentException if a value is not above 0
   */
  public static WeightCompander fixed(double a, double b) {
    return new WeightCompander(a, b, false, CompanderPart.ALL, ScalarType.Float);
  }

  /**
   * A compander whose a and b are trained with the weights.
   *
   * @param a its first value, above 0
   * @param b its first value, above 0
   * @return a compander with the parameters {@code log_a} and {@code log_b} in 32 bits
   * @throws IllegalArgumentException if a value is not above 0
   */
  public static WeightCompander learned(double a, double b) {
    return new WeightCompander(a, b, true, CompanderPart.ALL, ScalarType.Float);
  }

  /**
   * All companders of a model, by the weight they belong to.
   *
   * @param model the model
   * @return a new map in the model's order, such as {@code blocks.0.mlp.fc1.weight}; a weight that
   *     several layers share is listed once
   */
  public static Map<String, WeightCompander> of(Module model) {
    Map<String, WeightCompander> all = new LinkedHashMap<>();
    model
        .plainlyNamedParameters()
        .forEach(
            (name, parameter) ->
                parameter.parametrizations().stream()
                    .filter(WeightCompander.class::isInstance)
                    .forEach(compander -> all.put(name, (WeightCompander) compander)));
    return all;
  }

  @Override
  public Tensor forward(Tensor value) {
    if (part != CompanderPart.ALL) {
      return value;
    }
    return value.div(currentB()).atan().mul(currentA());
  }

  private Tensor currentA() {
    return learned ? logA.value().exp() : fixedA.tensor();
  }

  private Tensor currentB() {
    return learned ? logB.value().exp() : fixedB.tensor();
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  @Override
  public boolean isInvertible() {
    return true;
  }

  /**
   * v = b tan(w / a), computed in 64 bits; w itself if a part of the compander acts alone.
   *
   * @param effective the weight w
   * @return v in the shape and type of w, without gradient
   * @throws IllegalArgumentException if a weight is not a number or not smaller in size than a pi /
   *     2; the message says which a would do
   */
  @Override
  public Tensor inverse(Tensor effective) {
    requireInRange(effective);
    if (part != CompanderPart.ALL) {
      return effective;
    }
    return Scope.computeWithoutGradient(
        () ->
            effective
                .to(ScalarType.Double)
                .div_(new Scalar(a()))
                .tan_()
                .mul_(new Scalar(b()))
                .to(effective.scalar_type().intern()));
  }

  /** Refuses a weight that no v gives. */
  void requireInRange(Tensor weight) {
    double largest =
        Scope.computeWithoutGradient(() -> weight.abs().max().to(ScalarType.Double).item_double());
    if (!Double.isFinite(largest)) {
      throw new IllegalArgumentException(
          "the weight holds NaN or infinite values, which no compander gives");
    }
    double limit = limit();
    if (largest >= limit) {
      throw new IllegalArgumentException(
          "the weight reaches a size of "
              + digits(largest, RoundingMode.HALF_EVEN)
              + ", but with a = "
              + digits(a(), RoundingMode.HALF_EVEN)
              + " its limit a pi / 2 is "
              + digits(limit, RoundingMode.HALF_EVEN)
              + "; the smallest a that works is "
              + smallestA(largest));
    }
  }

  /** The smallest a for weights of a size, rounded up to four digits; 32 bits may round it down. */
  static String smallestA(double largest) {
    return digits(largest * 2 / Math.PI * (1 + 1e-6), RoundingMode.CEILING);
  }

  static String digits(double value, RoundingMode rounding) {
    return new BigDecimal(value)
        .round(new MathContext(4, rounding))
        .stripTrailingZeros()
        .toPlainString();
  }

  /**
   * a now.
   *
   * @return above 0
   */
  public double a() {
    return Scope.computeWithoutGradient(() -> currentA().item_double());
  }

  /**
   * b now.
   *
   * @return above 0
   */
  public double b() {
    return Scope.computeWithoutGradient(() -> currentB().item_double());
  }

  /**
   * What no weight reaches.
   *
   * @return a pi / 2
   */
  public double limit() {
    return a() * Math.PI / 2;
  }

  /**
   * What of the compander acts.
   *
   * @return all of it, unless a {@link Companding} said otherwise
   */
  public CompanderPart part() {
    return part;
  }

  /** Clips a tensor in place. */
  Tensor clip(Tensor weight) {
    return weight.clamp_(
        new ScalarOptional(new Scalar(-limit())), new ScalarOptional(new Scalar(limit())));
  }

  /** By what steps of a stored weight are multiplied: one number, or one for each entry. */
  Tensor rate(Tensor weight) {
    return switch (part.rate()) {
      case PLAIN -> torch.scalar_tensor(new Scalar(1));
      case SLOPE -> torch.scalar_tensor(new Scalar(a() / b()));
      case MEAN -> slopes(weight).mean();
      case OWN -> slopes(weight);
    };
  }

  private Tensor slopes(Tensor weight) {
    Tensor angles = clip(weight.clone()).div_(new Scalar(a()));
    return angles.cos_().square_().mul_(new Scalar(a() / b()));
  }

  /**
   * Whether a and b are trained.
   *
   * @return false if they are buffers
   */
  public boolean isLearned() {
    return learned;
  }

  @Override
  protected void checkState(String path, Map<String, Tensor> state) {
    for (String name : learned ? new String[] {"log_a", "log_b"} : new String[] {"a", "b"}) {
      Tensor stored = state.get(path + "." + name);
      double value = Scope.computeWithoutGradient(() -> stored.item_double());
      requirePositive("'" + path + "." + name + "'", learned ? Math.exp(value) : value);
    }
  }

  @Override
  public String toString() {
    return "WeightCompander(a "
        + digits(a(), RoundingMode.HALF_EVEN)
        + ", b "
        + digits(b(), RoundingMode.HALF_EVEN)
        + (learned ? ", learned)" : ")");
  }
}
