package io.github.steelyard.runtime;

/**
 * The ranks of a {@link Distributed} run cannot work together: one is gone, hangs, failed, or does
 * not do the same. The message names the rank and the cause.
 */
public final class DistributedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message the rank and the cause
   */
  public DistributedException(String message) {
    super(message);
  }

  /**
   * A failure with its cause.
   *
   * @param message the rank and the cause
   * @param cause what libtorch said
   */
  public DistributedException(String message, Throwable cause) {
    super(message, cause);
  }
}
