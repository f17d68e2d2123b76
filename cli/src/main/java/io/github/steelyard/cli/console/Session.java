package io.github.steelyard.cli.console;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;

/**
 * Before whom runs go on.
 *
 * @param err where progress and warnings go
 * @param command the command line, for provenances
 * @param stop whether the person asked to stop
 * @param workers who makes the runs of studies; empty if this process does
 */
public record Session(PrintWriter err, List<String> command, Stop stop, Optional<Workers> workers) {
  /**
   * Copies the list.
   *
   * @param err where progress and warnings go
   * @param command the command line
   * @param stop whether the person asked to stop
   * @param workers who makes the runs of studies
   */
  public Session {
    command = List.copyOf(command);
  }

  /**
   * Of work that this process does.
   *
   * @param err where progress and warnings go
   * @param command the command line
   * @param stop whether the person asked to stop
   */
  public Session(PrintWriter err, List<String> command, Stop stop) {
    this(err, command, stop, Optional.empty());
  }
}
