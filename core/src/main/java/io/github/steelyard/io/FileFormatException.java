package io.github.steelyard.io;

import java.io.IOException;
import java.nio.file.Path;

/** A file does not hold what its format demands; the message names the file and what is wrong. */
public final class FileFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The file; not carried across serialization, where the message still names it. */
  private final transient Path file;

  /**
   * Creates the exception.
   *
   * @param file the file that was read
   * @param problem what is wrong, with the bad value, and what was expected
   */
  public FileFormatException(Path file, String problem) {
    this(file, problem, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param file the file that was read
   * @param problem what is wrong, with the bad value, and what was expected
   * @param cause what a parser reported, or null
   */
  public FileFormatException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
    this.file = file;
  }

  /**
   * The file that was read.
   *
   * @return its path as it was given
   */
  public Path file() {
    return file;
  }
}
