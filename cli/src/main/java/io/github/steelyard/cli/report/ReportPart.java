package io.github.steelyard.cli.report;

import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one section adds to the report of a run, and to what the command prints.
 *
 * @param rows rows of the main table: measure and value
 * @param tables further tables by their headings, printed too
 * @param figures the pictures
 * @param details tables of the report alone by their headings, folded
 * @param photos pictures made of pixels
 * @param graph an interactive graph; at most one part of a report has one
 */
public record ReportPart(
    List<List<String>> rows,
    Map<String, Table> tables,
    List<? extends Figure> figures,
    Map<String, Table> details,
    List<Report.Photo> photos,
    Optional<Graph> graph) {
  /** Nothing. */
  public static final ReportPart EMPTY =
      new ReportPart(List.of(), Map.of(), List.of(), Map.of(), List.of(), Optional.empty());

  /**
   * Copies the collections.
   *
   * @param rows rows of the main table
   * @param tables further tables, printed too
   * @param figures the pictures
   * @param details tables of the report alone
   * @param photos pictures made of pixels
   * @param graph an interactive graph
   */
  public ReportPart {
    rows = rows.stream().map(List::copyOf).toList();
    tables = new LinkedHashMap<>(tables);
    figures = List.copyOf(figures);
    details = new LinkedHashMap<>(details);
    photos = List.copyOf(photos);
  }

  /**
   * A part that is rows of the main table alone.
   *
   * @param rows measure and value
   * @return the part
   */
  public static ReportPart ofRows(List<List<String>> rows) {
    return new ReportPart(rows, Map.of(), List.of(), Map.of(), List.of(), Optional.empty());
  }

  /**
   * A part of tables alone.
   *
   * @param tables by their headings; printed too
   * @return the part
   */
  public static ReportPart ofTables(Map<String, Table> tables) {
    return new ReportPart(List.of(), tables, List.of(), Map.of(), List.of(), Optional.empty());
  }

  /**
   * A part of pictures alone.
   *
   * @param figures the pictures
   * @return the part
   */
  public static ReportPart ofFigures(List<? extends Figure> figures) {
    return new ReportPart(List.of(), Map.of(), figures, Map.of(), List.of(), Optional.empty());
  }

  /**
   * Both parts, this one first.
   *
   * @param other the other part
   * @return one part
   */
  public ReportPart and(ReportPart other) {
    List<Figure> allFigures = new ArrayList<>(figures);
    allFigures.addAll(other.figures);
    return new ReportPart(
        both(rows, other.rows),
        both(tables, other.tables),
        allFigures,
        both(details, other.details),
        both(photos, other.photos),
        graph.isPresent() ? graph : other.graph);
  }

  /**
   * The main table, which has no heading, and the others.
   *
   * @return what the command prints, by headings
   */
  public Map<String, Table> printed() {
    Map<String, Table> printed = new LinkedHashMap<>();
    printed.put("", main());
    printed.putAll(tables);
    return printed;
  }

  /**
   * The page that shows it.
   *
   * @param title what was done
   * @param summary what came out, or what it was for
   * @param recipe the resolved recipe as YAML
   * @param provenance where the numbers come from
   * @return the report
   */
  public Report report(String title, String summary, String recipe, Provenance provenance) {
    Report report =
        new Report(title, summary, main(), figures, both(tables, details), recipe, provenance)
            .withPhotos(photos);
    return graph.map(report::withGraph).orElse(report);
  }

  private Table main() {
    return new Table(List.of("Measure", "Value"), rows);
  }

  private static <T> List<T> both(List<T> some, List<T> more) {
    List<T> all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }

  private static Map<String, Table> both(Map<String, Table> some, Map<String, Table> more) {
    Map<String, Table> all = new LinkedHashMap<>(some);
    all.putAll(more);
    return all;
  }
}
