package io.github.steelyard.quant;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The forward pass of {@link Lsq} whose gradient is recorded: y = x s as one product of x and s,
 * which has exactly LSQ's gradient once the factors that it saved are replaced. What is saved of s
 * is multiplied into the gradient of x, what is saved of x into that of s.
 *
 * @param levels what is rounded to
 * @param frozen the levels that are held
 * @param scale the parameter that learns
 */
record LsqGradient(LsqLevels levels, FrozenIntegers frozen, Parameter scale) {
  /**
   * In the forward pass the factors are the level and s.
   *
   * @param s the scale's value, broadcastable against x
   * @param own whether nobody reads x any more, so that its storage may be overwritten
   */
  Tensor record(Tensor value, Tensor s, boolean own) {
    List<Tensor> factors = Scope.computeWithoutGradient(() -> factors(value, s, own));
    Tensor level = factors.get(0);
    Tensor x = value.alias();
    x.set_data(level);
    Tensor learned = recordedScale(s, value);
    Tensor y = x.mul(learned);
    x.set_data(factors.get(2));
    learned.set_data(factors.get(1));
    return y;
  }

  /**
   * In x's shape: the level; dy/dx, which is 1 within the range, else 0; and K, which is round(x/s)
   * - x/s within the range, the level outside.
   */
  private List<Tensor> factors(Tensor value, Tensor s, boolean own) {
    Tensor ratio = frozen.outOfRange_(ratio(value.detach(), s, own));
    OpenRange range = OpenRange.around(levels.lowest(), levels.highest(), ratio);
    range.clamp_(ratio);
    Tensor within = range.indicate(ratio);
    Tensor level = frozen.over(levels.of(ratio.round(), value.detach()));
    // Nothing is saved of x where s does not learn.
    Tensor slope =
        scale.tensor().requires_grad() ? level.addcmul(ratio, within, new Scalar(-1.0)) : level;
    return List.of(level, within, slope);
  }

  private Tensor ratio(Tensor x, Tensor s, boolean own) {
    // The sign of x decides about a single bit, so x must stay.
    boolean inPlace =
        own && !levels.areSigns() && x.scalar_type().intern() == s.scalar_type().intern();
    return inPlace ? x.div_(s) : x.div(s);
  }

  /** s, of which a gradient is recorded with LSQ's coefficient. */
  private Tensor recordedScale(Tensor s, Tensor value) {
    double coefficient =
        1
            / Math.sqrt(
                levels.highest() * Math.max(1.0, (double) value.numel()) / scale.tensor().numel());
    Tensor recorded = scale.tensor().view(s.shape()).mul(new Scalar(coefficient));
    recorded.set_data(s);
    return recorded;
  }
}
