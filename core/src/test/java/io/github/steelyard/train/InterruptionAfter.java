package io.github.steelyard.train;

/**
 * Stops a training in its middle, as a user does with Ctrl-C.
 *
 * @param step the optimizer step after which it is stopped; -1 for never
 * @param stop asks for the stop, such as {@code trainer::requestStop}
 */
public record InterruptionAfter(long step, Runnable stop) implements Callback {
  @Override
  public void afterStep(TrainingContext context) {
    if (context.step() == step) {
      stop.run();
    }
  }
}
