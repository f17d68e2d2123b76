package io.github.steelyard.cli.console;

import java.util.function.Supplier;

/** What the person asked for cannot be done as written; nothing was done. Ends with exit code 2. */
public class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Runs a look-up by a name that the person wrote; an unknown one is wrong usage. */
  public static <T> T unless(Supplier<T> lookUp) {
    try {
      return lookUp.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }
}
