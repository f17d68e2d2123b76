package io.github.steelyard.incremental;

/** What becomes of the last layer's biases. */
public enum HeadBias {
  /** They are learned, and {@link WeightAligning} leaves them as they are: the published method. */
  LEARNED,
  /** They are learned, and after {@link WeightAligning} comes {@link BiasAligning}. */
  ALIGNED,
  /**
   * They stay at 0, as if the layer had none. What a correction gives them stays, as do those of a
   * network that was trained before.
   */
  ZERO
}
