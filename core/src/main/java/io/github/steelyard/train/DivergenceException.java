package io.github.steelyard.train;

/** Training has produced a loss, gradient or weight that is not a finite number. */
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The step that failed, from 1. */
  private final long step;

  /**
   * Creates the exception.
   *
   * @param step the step that failed, from 1
   * @param message what is not finite, the learning rate, the last finite loss and what to do
   */
  public DivergenceException(long step, String message) {
    super(message);
    this.step = step;
  }

  /**
   * The step that failed.
   *
   * @return the step's number, from 1
   */
  public long step() {
    return step;
  }
}
