package io.github.steelyard.incremental;

/** How exemplars of a class are chosen. */
public enum Selection {
  /** By {@link Herding}: the mean of the exemplars' features stays near the mean of the class. */
  HERDING,
  /** At random, each sample of the class equally likely. */
  RANDOM
}
