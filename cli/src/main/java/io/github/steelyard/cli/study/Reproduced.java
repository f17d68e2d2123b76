package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a study says of a paper's claims, as text for a page, as rows for a terminal and as values
 * for other programs.
 *
 * @param study the study
 * @param results what its finished runs measured
 * @param claims what they say of each claim
 * @param origins where the numbers come from
 * @param missing how many runs are not finished
 */
public record Reproduced(
    Study study,
    StudyResults results,
    List<ClaimResult> claims,
    StudyOrigins origins,
    int missing) {
  /** The heads of the table of claims. */
  public static final List<String> COLUMNS =
      Stream.concat(Stream.of("study"), ClaimResult.COLUMNS.stream()).toList();

  /**
   * Reads what the runs left.
   *
   * @param study the study
   * @param runs its runs
   * @return what became of its claims
   * @throws IOException if results cannot be read
   */
  public static Reproduced of(Study study, List<StudyRun> runs) throws IOException {
    StudyResults results = new StudyResults(study, study.axes().settings(), runs);
    List<StudyRun> finished = new ArrayList<>();
    for (StudyRun run : runs) {
      if (run.isFinished()) {
        finished.add(run);
      }
    }
    return new Reproduced(
        study,
        results,
        reproduction(study).claims().stream()
            .map(claim -> ClaimResult.of(claim, study, results))
            .toList(),
        StudyOrigins.of(finished),
        runs.size() - finished.size());
  }

  private static Reproduction reproduction(Study study) {
    return study.reproduction().orElseThrow();
  }

  /**
   * What is reproduced.
   *
   * @return such as the paper's name
   */
  public String title() {
    return reproduction(study).title();
  }

  /**
   * A row for each claim.
   *
   * @return cells of {@link #COLUMNS}
   */
  public List<List<String>> rows() {
    return claims.stream()
        .map(result -> Stream.concat(Stream.of(study.name()), result.row().stream()).toList())
        .toList();
  }

  /**
   * What stands between the markers of a page of results.
   *
   * @param command the command line, for the page's end
   * @return a page
   */
  public String markdown(List<String> command) {
    List<List<String>> rows = new ArrayList<>();
    for (ClaimResult result : claims) {
      rows.add(
          List.of(
              result.claim().statement(),
              result.claim().paper(),
              result.ours() + " (by seed: " + result.numbers() + ")",
              result.expected(),
              result.claim().configuration(),
              result.seeds(),
              Output.word(result.verdict())));
    }
    Table settings = results.table();
    return study.description()
        + " (`"
        + study.file().getFileName()
        + "`).\n\n"
        + table(
            List.of("claim", "paper", "ours", "expected", "configuration", "seeds", "verified"),
            rows)
        + "\n"
        + table(settings.columns(), settings.rows())
        + "\n"
        + origins.text(command)
        + "\n";
  }

  private static String table(List<String> columns, List<List<String>> rows) {
    StringBuilder text = new StringBuilder();
    line(text, columns);
    line(text, columns.stream().map(column -> "---").toList());
    rows.forEach(row -> line(text, row));
    return text.toString();
  }

  private static void line(StringBuilder text, List<String> cells) {
    text.append('|');
    for (String cell : cells) {
      text.append(' ').append(cell.replaceAll("\\s+", " ").replace("|", "\\|")).append(" |");
    }
    text.append('\n');
  }

  /**
   * The claims as values.
   *
   * @param command the command line
   * @return values by their keys
   */
  public Map<String, Object> toJson(List<String> command) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("study", study.name());
    values.put("title", title());
    values.put("methods", reproduction(study).methods());
    values.put("missing_runs", missing);
    values.put("claims", claims.stream().map(ClaimResult::toJson).toList());
    values.put("settings", results.toJson().get("settings"));
    values.put("provenance", origins.toJson(command));
    return values;
  }
}
