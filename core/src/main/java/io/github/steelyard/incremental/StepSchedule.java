package io.github.steelyard.incremental;

import io.github.steelyard.optim.Schedule;

/** Makes the learning rate schedule of a step; each step starts at its beginning. */
@FunctionalInterface
public interface StepSchedule {
  /**
   * Makes the schedule.
   *
   * @param epochs the epochs of the step, at least 1
   * @param stepsPerEpoch optimizer steps in an epoch, at least 1; differs from step to step with
   *     the number of samples
   * @return the factor of each optimizer step, such as drops at some epochs
   */
  Schedule create(int epochs, long stepsPerEpoch);
}
