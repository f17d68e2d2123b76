package io.github.steelyard.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.samskivert.mustache.Mustache;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String ECHARTS = "/META-INF/resources/webjars/echarts/%s/dist/%s.min.js";

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
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("title", title);
    page.put("summary", summary);
    page.put("results", view(results));
    List<Figure> drawn = new ArrayList<>();
    page.put(
        "chapters",
        chapters.stream().map(chapter -> view(chapter, views(chapter.figures(), drawn))).toList());
    page.put("graph", graph.map(Report::view).map(List::of).orElse(List.of()));
    page.put("hasPlots", !plots.isEmpty());
    page.put("plots", views(plots, drawn));
    page.put("graphScripts", graphs().map(Report::view).toList());
    List<Map<String, Object>> tables = new ArrayList<>();
    details.forEach(
        (heading, table) -> tables.add(Map.of("heading", heading, "table", view(table))));
    page.put("details", tables);
    page.put("hasPhotos", !photos.isEmpty());
    page.put("photos", photos.stream().map(Report::view).toList());
    page.put("recipe", recipe);
    page.put("hasRecipe", !recipe.isEmpty());
    page.put("provenance", provenanceRows());
    page.put("plotsJson", scriptSafe(json(drawn)));
    page.put("style", resource("report.css"));
    page.put("script", resource("report.js"));
    page.put("echarts", echarts());
    return Mustache.compiler().compile(resource("report.mustache")).execute(page);
  }

  private static Map<String, Object> view(Table table) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (List<String> row : table.rows()) {
      rows.add(Map.of("name", row.get(0), "cells", row.subList(1, row.size())));
    }
    List<String> columns = table.columns();
    List<Map<String, String>> notes = new ArrayList<>();
    table.notes().forEach((key, value) -> row(notes, key, value));
    return Map.of(
        "first",
        columns.get(0),
        "others",
        columns.subList(1, columns.size()),
        "rows",
        rows,
        "notes",
        notes,
        "hasNotes",
        !notes.isEmpty());
  }

  private Stream<Graph> graphs() {
    return Stream.concat(graph.stream(), chapters.stream().flatMap(own -> own.graph().stream()));
  }

  /** Pictures are numbered over the whole page, in the order in which they are drawn. */
  private static List<Map<String, Object>> views(
      List<? extends Figure> figures, List<Figure> drawn) {
    List<Map<String, Object>> views = new ArrayList<>();
    for (Figure figure : figures) {
      views.add(view(figure, drawn.size()));
      drawn.add(figure);
    }
    return views;
  }

  private static Map<String, Object> view(Chapter chapter, List<Map<String, Object>> figures) {
    return Map.of(
        "title",
        chapter.title(),
        "text",
        chapter.text(),
        "figures",
        figures,
        "photos",
        chapter.photos().stream().map(Report::view).toList(),
        "graph",
        chapter.graph().map(Report::view).map(List::of).orElse(List.of()));
  }

  private static Map<String, Object> view(Graph graph) {
    return Map.of(
        "title",
        graph.title(),
        "caption",
        graph.caption(),
        "json",
        scriptSafe(json(graph)),
        "script",
        resource("graph.js"));
  }

  private static Map<String, Object> view(Photo photo) {
    return Map.of("title", photo.title(), "caption", photo.caption(), "source", photo.source());
  }

  private static Map<String, Object> view(Figure plot, int index) {
    return Map.of(
        "id",
        "plot-" + index,
        "title",
        plot.title(),
        "caption",
        plot.caption(),
        "numbers",
        view(plot.numbers()));
  }

  private List<Map<String, String>> provenanceRows() {
    List<Map<String, String>> rows = new ArrayList<>();
    row(rows, "Created", provenance.created());
    row(rows, "Command", String.join(" ", provenance.command()));
    row(rows, "Steelyard", provenance.steelyard());
    row(rows, "Seed", String.valueOf(provenance.seed()));
    provenance.data().forEach((role, hash) -> row(rows, "Data: " + role, hash));
    var engine = provenance.engine();
    row(rows, "Engine", "libtorch " + engine.libtorch() + " on " + engine.platform());
    row(rows, "BLAS", engine.blas() + ", oneDNN " + engine.oneDnn());
    row(rows, "Threads", engine.threads() + ", " + engine.waitPolicy() + " while idle");
    row(rows, "CPU capability", engine.cpuCapability());
    row(rows, "Java", engine.java());
    return rows;
  }

  private static void row(List<Map<String, String>> rows, String key, String value) {
    if (!value.isEmpty()) {
      rows.add(Map.of("key", key, "value", value));
    }
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the report cannot be written as JSON", e);
    }
  }

  /** A script element ends at the first end tag, also within a JSON text. */
  private static String scriptSafe(String json) {
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
  }

  /** The usual build of the library has no heat maps; the full one makes a file 0.4 MB larger. */
  private String echarts() {
    boolean full =
        Stream.concat(plots.stream(), chapters.stream().flatMap(own -> own.figures().stream()))
            .anyMatch(HeatMap.class::isInstance);
    try (InputStream in = Report.class.getResourceAsStream("echarts.properties")) {
      java.util.Properties properties = new java.util.Properties();
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
      return resource(
          ECHARTS.formatted(
              properties.getProperty("version"), full ? "echarts" : "echarts.common"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read echarts.properties from steelyard-cli's jar", e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " from the class path", e);
    }
  }
}
