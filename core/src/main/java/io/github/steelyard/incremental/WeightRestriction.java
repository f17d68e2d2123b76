package io.github.steelyard.incremental;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Keeps the last layer's weight non-negative by clipping it after each step, {@code w <- max(w,
 * 0)}: the restriction of {@link WeightAligning}'s paper (section 4.2). After ReLU, features are
 * not negative, so that with non-negative rows a longer row always means larger logits and the
 * norms of old and new classes compare fairly. Biases stay free. Do not use it with features that
 * take both signs, as a vision transformer's.
 */
public final class WeightRestriction implements Callback {
  private final String head;

  /** Restricts the head that is found by itself. */
  public WeightRestriction() {
    this("");
  }

  /**
   * Restricts a head.
   *
   * @param head the last layer's path; empty to find it
   */
  public WeightRestriction(String head) {
    this.head = head;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the last layer is not a Linear or has a parametrization
   *     without inverse
   */
  @Override
  public void beforeRun(TrainingContext context) {
    ClassifierHead found = ClassifierHead.of(context.model(), head);
    HeadRows.requireAssignable(
        found.linear().weight(), found.path() + ".weight", "weight restriction");
  }

  @Override
  public void afterStep(TrainingContext context) {
    Parameter weight = ClassifierHead.of(context.model(), head).linear().weight();
    Scope.withoutGradient(
        () -> {
          Tensor clipped = weight.value().clamp_min(new Scalar(0.0));
          weight.assign(clipped);
        });
  }
}
