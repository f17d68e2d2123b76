package io.github.steelyard.compander;

/**
 * What of a {@link WeightCompander} acts: all of it or, to find out what a gain comes from, one of
 * its effects alone. With any part but {@link #ALL} the weight itself is trained, and {@link
 * CompanderParts} changes its steps.
 */
public enum CompanderPart {
  /** The compander itself. */
  ALL(Rate.PLAIN, false),
  /** Nothing: plain training, with the compander's measurements. */
  NONE(Rate.PLAIN, false),
  /** The bound: after each step weights are clipped to a pi / 2. */
  BOUND(Rate.PLAIN, true),
  /** One rate for all weights, the slope a / b at zero: the linear map of the same slope. */
  SLOPE(Rate.SLOPE, false),
  /** One rate for the weights of a layer: the mean of their slopes now. */
  MEAN_RATE(Rate.MEAN, false),
  /** That rate and the bound. */
  MEAN_RATE_BOUND(Rate.MEAN, true),
  /** A rate for each weight: its slope now. */
  OWN_RATE(Rate.OWN, false);

  /** By what the steps of a weight are multiplied. */
  enum Rate {
    PLAIN,
    SLOPE,
    MEAN,
    OWN
  }

  private final Rate rate;
  private final boolean bounded;

  CompanderPart(Rate rate, boolean bounded) {
    this.rate = rate;
    this.bounded = bounded;
  }

  Rate rate() {
    return rate;
  }

  boolean isBounded() {
    return bounded;
  }
}
