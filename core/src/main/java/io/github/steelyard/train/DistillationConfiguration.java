package io.github.steelyard.train;

/**
 * How a student learns from a teacher.
 *
 * @param kind what is taken from the teacher
 * @param alpha the teacher's share of the loss, in [0, 1]
 * @param temperature the temperature T that both distributions are softened with, above 0; without
 *     effect for {@link Kind#HARD}
 */
public record DistillationConfiguration(Kind kind, double alpha, double temperature) {

  /** What is taken from the teacher. */
  public enum Kind {
    /** Its distribution over the classes. */
    SOFT,
    /** Its decision. */
    HARD
  }

  /**
   * Checks the values.
   *
   * @param kind what is taken from the teacher
   * @param alpha the teacher's share, in [0, 1]
   * @param temperature the temperature, above 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public DistillationConfiguration {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha must be in [0, 1], but is " + alpha);
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("the temperature must be above 0, but is " + temperature);
    }
  }

  /**
   * Distillation of the teacher's distribution with DeiT's values for it: half of the loss from the
   * teacher, temperature 1.
   *
   * @return a new configuration
   */
  public static DistillationConfiguration soft() {
    return new DistillationConfiguration(Kind.SOFT, 0.5, 1);
  }

  /**
   * Distillation of the teacher's decision with DeiT's share, one half.
   *
   * @return a new configuration
   */
  public static DistillationConfiguration hard() {
    return new DistillationConfiguration(Kind.HARD, 0.5, 1);
  }
}
