package io.github.steelyard.cli.console;

import java.io.PrintWriter;
import java.util.List;

/**
 * Before whom runs go on.
 *
 * @param err where progress and warnings go
 * @param command the command line, for provenances
 * @param stop whether the person asked to stop
 */
public record Session(PrintWriter err, List<String> command, Stop stop) {
  /**
   * Copies the list.
   *
   * @param err where progress and warnings go
   * @param command the command line
   * @param stop whether the person asked to stop
   */
  public Session {
    command = List.copyOf(command);
  }
}
