package io.github.steelyard.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.run.Ended;

/**
 * Prints how a run ended.
 *
 * @param output where to
 */
record EndedOutput(Output output) {
  private static final int LONGEST_TABLE = 60;

  /**
   * Prints tables or one JSON value, and how to continue a run that was stopped.
   *
   * @param continuation what to type
   * @return the command's exit code
   */
  int print(Ended ended, String continuation) {
    if (output.isJson()) {
      output.printJson(toJson(ended));
    } else {
      ended.tables().forEach(this::print);
      ended.sentences().forEach(output.out()::println);
      output.out().println("run: " + ended.run());
      ended.report().ifPresent(report -> output.out().println("report: " + report));
    }
    if (!ended.isFinished() && !continuation.isEmpty()) {
      output
          .err()
          .println(
              "stopped"
                  + (ended.state().isEmpty() ? "" : " " + ended.state())
                  + "; continue with: "
                  + continuation);
    }
    return ended.isFinished() ? 0 : 1;
  }

  /** What results.json says, with where the run is. */
  static ObjectNode toJson(Ended ended) {
    ObjectNode values = Json.MAPPER.createObjectNode();
    values.put("run", ended.run().toString());
    if (ended.results() instanceof ObjectNode results) {
      values.setAll(results);
    }
    ended.report().ifPresent(report -> values.put("report", report.toString()));
    return values;
  }

  private void print(String heading, Table table) {
    if (table.rows().isEmpty() || table.rows().size() > LONGEST_TABLE) {
      return;
    }
    if (!heading.isEmpty()) {
      output.out().println(heading);
    }
    output.printTable(table);
    output.out().println();
  }
}
