package io.github.steelyard.cli.console;

import java.util.function.Supplier;

/** What the person asked for cannot be done as written; nothing was done. Ends with exit code 2. */
public class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An error that the person can mend.
   *
   * @param message what is wrong, and the remedy
   */
  public UsageException(String message) {
    super(message);
  }

  /**
   * An error that the person can mend.
   *
   * @param message what is wrong, and the remedy
   * @param cause what was thrown before
   */
  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Runs a look-up by a name that the person wrote; an unknown one is wrong usage.
   *
   * @param <T> what is looked up
   * @param lookUp throws an {@link IllegalArgumentException} if it is not there
   * @return what was found
   * @throws UsageException if it is not there
   */
  public static <T> T unless(Supplier<T> lookUp) {
    try {
      return lookUp.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }
}
