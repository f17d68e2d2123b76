package io.github.steelyard.quant;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Lets the scales that {@link Lsq} learns for weights move by a multiple of what the optimizer
 * moves them: with 0 all thresholds keep their places. It does what a learning rate of their own
 * would do, with any optimizer. The authors' factor of the scale's gradient does the same with SGD
 * alone, since Adam's steps do not depend on the size of a gradient.
 *
 * <p>Scales of activations are left alone. Cost: two operations for each weight at each step.
 */
public final class ScaleRate implements Callback {
  private final double factor;
  private final Map<Tensor, Tensor> before = new LinkedHashMap<>();

  /**
   * A factor for all weights.
   *
   * @param factor of the movement of the scales, at least 0; 1 changes nothing
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public ScaleRate(double factor) {
    if (!(factor >= 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "the rate of the scales must be at least 0 (1 is that of the optimizer), but is "
              + factor);
    }
    this.factor = factor;
  }

  /**
   * The factor.
   *
   * @return at least 0
   */
  public double factor() {
    return factor;
  }

  /**
   * Finds the scales.
   *
   * @param context the run
   * @throws IllegalArgumentException if no weight has a learned scale
   */
  @Override
  public void beforeRun(TrainingContext context) {
    before.clear();
    for (QuantizedWeight weight : QuantizedWeight.of(context.model()).values()) {
      if (weight.quantizer() instanceof Lsq lsq) {
        before.put(lsq.scale().tensor(), Scope.keep(lsq.scale().tensor().detach().clone()));
      }
    }
    if (before.isEmpty()) {
      throw new IllegalArgumentException(
          "no weight of the model has a learned scale; quantize it by lsq, or leave the rate of the"
              + " scales out");
    }
  }

  @Override
  public void beforeStep(TrainingContext context) {
    Scope.withoutGradient(() -> before.forEach((scale, kept) -> kept.copy_(scale)));
  }

  @Override
  public void afterStep(TrainingContext context) {
    Scope.withoutGradient(
        () -> before.forEach((scale, kept) -> scale.copy_(kept.lerp(scale, new Scalar(factor)))));
  }
}
