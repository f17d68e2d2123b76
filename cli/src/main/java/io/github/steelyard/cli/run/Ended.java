package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a run ended, for now or for good.
 *
 * @param run its folder
 * @param isFinished false if the person stopped it, or a part of it failed
 * @param state where it stopped, such as {@code after step 12}; empty if nothing is known
 * @param results what {@code results.json} says
 * @param tables what the command prints, by headings; the main table has none
 * @param shown what the sections show
 * @param report where the report is; empty if none was written
 */
public record Ended(
    Path run,
    boolean isFinished,
    String state,
    JsonNode results,
    Map<String, Table> tables,
    ReportPart shown,
    Optional<Path> report) {
  /**
   * Copies the collections.
   *
   * @param run its folder
   * @param isFinished false if it was stopped
   * @param state where it stopped
   * @param results what {@code results.json} says
   * @param tables what the command prints
   * @param shown what the sections show
   * @param report where the report is
   */
  public Ended {
    tables = new LinkedHashMap<>(tables);
  }

  /**
   * The same, finished or not.
   *
   * @param is whether it is finished
   * @return the changed end
   */
  public Ended finished(boolean is) {
    return new Ended(run, is, state, results, tables, shown, report);
  }

  /**
   * What the sections say in words.
   *
   * @return sentences for the terminal
   */
  public List<String> sentences() {
    return shown.rows().stream().filter(row -> row.size() == 1).map(row -> row.get(0)).toList();
  }
}
