package io.github.steelyard.incremental;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.train.Trainer;

/** Adds to the trainer of each step: evaluations during the step, callbacks, penalties. */
@FunctionalInterface
public interface StepSetup {
  /**
   * Prepares a trainer. Called for each step, also when one is resumed, before it runs.
   *
   * @param trainer the step's trainer; the callback names {@code step} and {@code restriction} are
   *     taken
   * @param classes the classes after the step
   * @param test the test samples of all these classes, without augmentation, labelled with rows
   */
  void prepare(Trainer trainer, ClassMap classes, BatchSource test);
}
