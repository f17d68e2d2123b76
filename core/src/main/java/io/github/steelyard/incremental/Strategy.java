package io.github.steelyard.incremental;

/**
 * How a learner keeps old classes while it learns new ones: four choices that one code path reads.
 * The published ones stand in the table of {@link Strategies}; others can be composed.
 *
 * @param name how recipes call it, such as {@code wa}
 * @param summary what it does, in one sentence
 * @param paper authors, title, venue and year
 * @param samples what a step is trained on
 * @param objective what a step minimizes
 * @param restriction whether the last layer's weight is kept non-negative ({@link
 *     WeightRestriction})
 * @param correction what is done to the last layer after a step
 * @param readOut how the model answers
 */
public record Strategy(
    String name,
    String summary,
    String paper,
    Samples samples,
    Objective objective,
    boolean restriction,
    Correction correction,
    ReadOut readOut) {

  /** What a step is trained on. */
  public enum Samples {
    /** The samples of the new classes. */
    NEW,
    /** The samples of the new classes and the exemplars of the old ones. */
    NEW_AND_EXEMPLARS,
    /** All samples of all classes, with a model that begins anew: not incremental, a bound. */
    ALL
  }

  /** What a step minimizes. In the first step, without an old model, nothing is distilled. */
  public enum Objective {
    /** {@link io.github.steelyard.train.CrossEntropy} of all classes seen. */
    CROSS_ENTROPY,
    /** {@link IncrementalDistillation}. */
    DISTILLATION,
    /** {@link SigmoidDistillation}. */
    SIGMOID_DISTILLATION
  }

  /** What is done to the last layer after every step but the first. */
  public enum Correction {
    /** Nothing. */
    NONE,
    /** {@link io.github.steelyard.incremental.WeightAligning}. */
    WEIGHT_ALIGNING,
    /** {@link io.github.steelyard.incremental.BiasCorrection} on held-out samples. */
    BIAS_CORRECTION
  }

  /** How the model answers. */
  public enum ReadOut {
    /** The class with the largest logit. */
    SOFTMAX,
    /** {@link NearestMeans} of exemplars. */
    NEAREST_MEAN
  }

  /**
   * Checks that the choices fit each other.
   *
   * @param name how recipes call it
   * @param summary what it does
   * @param paper where it was published
   * @param samples what a step is trained on
   * @param objective what a step minimizes
   * @param restriction whether the last layer's weight is kept non-negative
   * @param correction what is done to the last layer after a step
   * @param readOut how the model answers
   * @throws IllegalArgumentException if the name is blank or two choices do not fit
   */
  public Strategy {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a strategy needs a name");
    }
    boolean exemplars = samples == Samples.NEW_AND_EXEMPLARS;
    if (correction == Correction.BIAS_CORRECTION && !exemplars) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' cannot correct the bias: that needs exemplars, but it trains on "
              + samples);
    }
    if (readOut == ReadOut.NEAREST_MEAN && !exemplars) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' cannot answer by the nearest mean: that needs exemplars, but it trains on "
              + samples);
    }
    if (samples == Samples.ALL
        && (objective == Objective.DISTILLATION || correction != Correction.NONE)) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' begins anew with all samples: there is no old model to distil or align with");
    }
  }

  /**
   * Whether exemplars are kept.
   *
   * @return true if they are trained on
   */
  public boolean usesExemplars() {
    return samples == Samples.NEW_AND_EXEMPLARS;
  }

  /**
   * The same strategy with or without the restriction, such as for a backbone whose features take
   * both signs.
   *
   * @param restricted whether the last layer's weight is kept non-negative
   * @return the changed strategy
   */
  public Strategy withRestriction(boolean restricted) {
    return new Strategy(name, summary, paper, samples, objective, restricted, correction, readOut);
  }

  /**
   * The same strategy with another read-out.
   *
   * @param answers how the model answers
   * @return the changed strategy
   * @throws IllegalArgumentException if the strategy keeps no exemplars to answer by
   */
  public Strategy withReadOut(ReadOut answers) {
    return new Strategy(name, summary, paper, samples, objective, restriction, correction, answers);
  }
}
