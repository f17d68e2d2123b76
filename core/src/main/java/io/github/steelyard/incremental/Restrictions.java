package io.github.steelyard.incremental;

import io.github.steelyard.train.Callback;
import java.util.Optional;

/** The restrictions of the published strategies. */
public enum Restrictions implements Strategy.Restriction {
  /** None. */
  NONE {
    @Override
    public Optional<Callback> callback(StepContext step) {
      return Optional.empty();
    }
  },
  /** The last layer's weight is kept non-negative: {@link WeightRestriction}. */
  NON_NEGATIVE {
    @Override
    public Optional<Callback> callback(StepContext step) {
      return Optional.of(new WeightRestriction(step.configuration().head()));
    }
  }
}
