package io.github.steelyard.cli.report;

import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A report: one HTML file that needs nothing else, neither a network nor other files. Plots are
 * drawn by Apache ECharts, which is written into the file; without scripts, their numbers are still
 * there as tables.
 *
 * @param title what was done
 * @param summary what came out, in a few sentences
 * @param results the main table
 * @param graph an interactive graph above the pictures, if there is one
 * @param plots the pictures; empty ones are left out
 * @param details further tables by their headings, folded
 * @param recipe the resolved recipe as YAML; empty for none
 * @param provenance where the numbers come from
 * @param photos pictures made of pixels; may be empty
 * @param chapters parts with sentences of their own, which come after the main table; may be empty
 */
public record Report(
    String title,
    String summary,
    Table results,
    Optional<Graph> graph,
    List<? extends Figure> plots,
    Map<String, Table> details,
    String recipe,
    Provenance provenance,
    List<Photo> photos,
    List<Chapter> chapters) {

  /**
   * Copies the collections.
   *
   * @param title what was done
   * @param summary what came out
   * @param results the main table
   * @param graph an interactive graph above the pictures
   * @param plots the pictures
   * @param details further tables by their headings
   * @param recipe the resolved recipe as YAML
   * @param provenance where the numbers come from
   * @param photos pictures made of pixels
   * @param chapters parts with sentences of their own
   */
  public Report {
    photos = List.copyOf(photos);
    chapters = List.copyOf(chapters);
    plots = plots.stream().filter(Figure::hasPoints).toList();
    details = new LinkedHashMap<>(details);
  }

  /**
   * A picture made of pixels.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param source the image as a data URI
   */
  public record Photo(String title, String caption, String source) {}

  /**
   * A report without a graph and photos.
   *
   * @param title what was done
   * @param summary what came out
   * @param results the main table
   * @param plots the pictures
   * @param details further tables by their headings
   * @param recipe the resolved recipe as YAML
   * @param provenance where the numbers come from
   */
  public Report(
      String title,
      String summary,
      Table results,
      List<? extends Figure> plots,
      Map<String, Table> details,
      String recipe,
      Provenance provenance) {
    this(
        title,
        summary,
        results,
        Optional.empty(),
        plots,
        details,
        recipe,
        provenance,
        List.of(),
        List.of());
  }

  /**
   * The same report with an interactive graph above the pictures.
   *
   * @param added the graph
   * @return the changed report
   */
  public Report withGraph(Graph added) {
    return new Report(
        title,
        summary,
        results,
        Optional.of(added),
        plots,
        details,
        recipe,
        provenance,
        photos,
        chapters);
  }

  /**
   * The same report with pictures made of pixels.
   *
   * @param added the pictures
   * @return the changed report
   */
  public Report withPhotos(List<Photo> added) {
    return new Report(
        title, summary, results, graph, plots, details, recipe, provenance, added, chapters);
  }

  /**
   * The same report with parts that have sentences of their own.
   *
   * @param added the parts, of which at most one has a graph
   * @return the changed report
   */
  public Report withChapters(List<Chapter> added) {
    return new Report(
        title, summary, results, graph, plots, details, recipe, provenance, photos, added);
  }

  /**
   * Writes the report, whole or not at all.
   *
   * @param file the HTML file
   * @throws IOException if it cannot be written; the file is then as it was before
   */
  public void write(Path file) throws IOException {
    AtomicFile.write(file, toHtml().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The report as HTML.
   *
   * @return the whole file
   */
  public String toHtml() {
    return new ReportPage(this).toHtml();
  }
}
