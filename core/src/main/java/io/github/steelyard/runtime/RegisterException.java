package io.github.steelyard.runtime;

/**
 * The class path brings something that cannot be used: a provider that cannot be loaded, or two
 * that claim one name. The message names the classes and is written for a person.
 */
public final class RegisterException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param message what is wrong, and what to do
   */
  public RegisterException(String message) {
    super(message);
  }

  /**
   * Creates the exception.
   *
   * @param message what is wrong, and what to do
   * @param cause where it arose
   */
  public RegisterException(String message, Throwable cause) {
    super(message, cause);
  }
}
