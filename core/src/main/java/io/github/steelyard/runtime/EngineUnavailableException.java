package io.github.steelyard.runtime;

/** The native engine cannot run here; the message says why and what would help. */
public final class EngineUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what is missing and what to do about it
   * @param cause what the loader reported, or null
   */
  public EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
