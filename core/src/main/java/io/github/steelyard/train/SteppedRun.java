package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import java.util.Map;

/** What the gradients of a step ask of a run, and tell it; they know nothing else of it. */
interface SteppedRun {
  Module model();

  Optimizer optimizer();

  TrainingConfiguration configuration();

  Map<String, Penalty> penalties();

  /** The steps that are done. */
  long step();

  /** Adds a batch to the epoch's mean loss. */
  void count(double lossSum, double weight, long samples);

  /** Keeps a penalty's value for the log. */
  void tell(String penalty, double value);

  /** What ends a run whose numbers are not finite in the step after {@link #step()}. */
  DivergenceException diverged(String what);

  boolean isStopAsked();

  void agreeOnStop(boolean stop);
}
