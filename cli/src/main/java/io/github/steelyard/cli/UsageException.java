package io.github.steelyard.cli;

import java.util.function.Supplier;

/** What the person asked for cannot be done as written; nothing was done. Ends with exit code 2. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }

  UsageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Runs a look-up by a name that the person wrote; an unknown one is wrong usage. */
  static <T> T unless(Supplier<T> lookUp) {
    try {
      return lookUp.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }
}
