package io.github.steelyard.cli.recipe;

import io.github.steelyard.cli.console.UsageException;

/** A recipe cannot be used as it is written; the message names file, line, key and value. */
public final class RecipeException extends UsageException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message where, what is wrong and what was expected
   */
  public RecipeException(String message) {
    super(message);
  }

  /**
   * Creates the exception.
   *
   * @param message where, what is wrong and what was expected
   * @param cause what was caught
   */
  public RecipeException(String message, Throwable cause) {
    super(message, cause);
  }
}
