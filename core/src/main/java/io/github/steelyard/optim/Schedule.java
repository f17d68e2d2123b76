package io.github.steelyard.optim;

/**
 * A learning rate schedule: a pure function of the step, which multiplies each group's {@linkplain
 * ParameterGroup#baseLearningRate() base rate}. It has no state: after a resume, the same step
 * gives the same rate. A schedule that follows the whole run, such as {@link Schedules#cosine()},
 * learns its length from the Trainer; in a loop of your own, tell it by {@link #over}.
 *
 * @see Schedules
 */
@FunctionalInterface
public interface Schedule {
  /**
   * The factor of a step.
   *
   * @param step the number of optimizer steps taken before this one, from 0
   * @return what the base rate is multiplied with, at least 0
   */
  double factor(long step);

  /**
   * The same schedule for a run of known length. One that does not depend on the length returns
   * itself.
   *
   * @param steps how many optimizer steps the run takes, at least 1
   * @return a schedule that {@link #factor} can be asked of
   */
  default Schedule over(long steps) {
    return this;
  }

  /**
   * Sets the learning rate of every group for a step.
   *
   * @param groups the groups to change
   * @param step the number of optimizer steps taken before this one, from 0
   */
  default void apply(Iterable<ParameterGroup> groups, long step) {
    double factor = factor(step);
    groups.forEach(group -> group.setLearningRate(factor * group.baseLearningRate()));
  }
}
