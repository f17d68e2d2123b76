package io.github.steelyard.cli.console;

import io.github.steelyard.runtime.DistributedException;
import io.github.steelyard.runtime.EngineUnavailableException;
import io.github.steelyard.runtime.RegisterException;
import io.github.steelyard.train.DivergenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;

/** Why something could not be done, in one sentence. */
public final class Reason {
  private Reason() {}

  /**
   * A bare wrapper says less than what it wraps; one with words of its own says more.
   *
   * @param e what was thrown
   * @return the cause that says something
   */
  public static Throwable unwrapped(Exception e) {
    boolean bare =
        e instanceof UncheckedIOException && e.getCause().toString().equals(e.getMessage());
    return bare ? e.getCause() : e;
  }

  /**
   * Whether its message is written for people, so that it is no bug of ours.
   *
   * @param e what was thrown
   * @return true if the message is enough
   */
  public static boolean isExpected(Throwable e) {
    return e instanceof UsageException
        || e instanceof IOException
        || e instanceof UncheckedIOException
        || e instanceof DistributedException
        || e instanceof DivergenceException
        || e instanceof IllegalArgumentException
        || e instanceof EngineUnavailableException
        || e instanceof RegisterException;
  }

  /**
   * What a person is told.
   *
   * @param e what was thrown
   * @return a sentence
   */
  public static String describe(Throwable e) {
    String message = e.getMessage();
    if (e instanceof InvalidPathException) {
      return ofPath(message);
    }
    if (e instanceof NoSuchFileException) {
      return "there is no file or folder " + message;
    }
    if (e instanceof AccessDeniedException) {
      return message + " cannot be read or written: permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return message + " exists already";
    }
    if (e instanceof FileSystemException failed && failed.getReason() == null) {
      return failed.getFile() + ": " + e.getClass().getSimpleName();
    }
    if (message == null || message.isBlank()) {
      return e.getClass().getSimpleName();
    }
    return isExpected(e) ? message : e.getClass().getSimpleName() + ": " + firstLine(message);
  }

  /**
   * What a person is told whose file's name Java cannot take.
   *
   * @param message what Java says
   * @return the same, with a remedy where the locale is the reason
   */
  public static String ofPath(String message) {
    String encoding = System.getProperty("sun.jnu.encoding");
    return encoding.equals("UTF-8")
        ? message
        : message
            + "; Java reads names of files as "
            + encoding
            + " here: set the environment variable LC_ALL to C.UTF-8";
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
