package io.github.steelyard.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.samskivert.mustache.Escapers;
import com.samskivert.mustache.Mustache;
import io.github.steelyard.runtime.Printable;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A report as one HTML page, with styles, scripts and numbers inside. */
record ReportPage(Report report) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String ECHARTS = "/META-INF/resources/webjars/echarts/%s/dist/%s.min.js";

  /** What a page has several times, such as a table, has a template of its own. */
  private static final Mustache.Compiler TEMPLATES =
      Mustache.compiler()
          .withLoader(name -> new StringReader(resource(name + ".mustache")))
          .withEscaper(text -> Escapers.HTML.escape(Printable.text(text)));

  /** Those that draw come after what they draw with, and the one that starts them last. */
  private static final List<String> SCRIPTS =
      List.of("charts.js", "curves.js", "bars.js", "heat-map.js", "intervals.js", "report.js");

  /** The whole file. */
  String toHtml() {
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("title", report.title());
    page.put("summary", report.summary());
    page.put("results", view(report.results()));
    List<Figure> drawn = new ArrayList<>();
    page.put(
        "chapters",
        report.chapters().stream()
            .map(chapter -> view(chapter, views(chapter.figures(), drawn)))
            .toList());
    page.put("graph", report.graph().map(ReportPage::view).map(List::of).orElse(List.of()));
    page.put("hasPlots", !report.plots().isEmpty());
    page.put("plots", views(report.plots(), drawn));
    page.put("graphScripts", graphs().map(ReportPage::view).toList());
    List<Map<String, Object>> tables = new ArrayList<>();
    report
        .details()
        .forEach((heading, table) -> tables.add(Map.of("heading", heading, "table", view(table))));
    page.put("details", tables);
    page.put("hasPhotos", !report.photos().isEmpty());
    page.put("photos", report.photos().stream().map(ReportPage::view).toList());
    page.put("recipe", report.recipe());
    page.put("hasRecipe", !report.recipe().isEmpty());
    page.put("provenance", provenanceRows());
    page.put("plotsJson", scriptSafe(json(drawn)));
    page.put("style", resource("report.css"));
    page.put("script", script());
    page.put("echarts", echarts());
    return TEMPLATES.loadTemplate("report").execute(page);
  }

  private static Map<String, Object> view(Table table) {
    List<Boolean> words =
        IntStream.range(0, table.columns().size()).mapToObj(table::holdsSentences).toList();
    List<Map<String, String>> notes = new ArrayList<>();
    table.notes().forEach((key, value) -> row(notes, key, value));
    return Map.of(
        "columns",
        cells(table.columns(), words),
        "rows",
        table.rows().stream().map(row -> cells(row, words)).toList(),
        "notes",
        notes,
        "hasNotes",
        !notes.isEmpty());
  }

  private static List<Map<String, Object>> cells(List<String> row, List<Boolean> words) {
    return IntStream.range(0, row.size())
        .mapToObj(
            column -> Map.<String, Object>of("text", row.get(column), "words", words.get(column)))
        .toList();
  }

  private Stream<Graph> graphs() {
    return Stream.concat(
        report.graph().stream(), report.chapters().stream().flatMap(own -> own.graph().stream()));
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
        chapter.photos().stream().map(ReportPage::view).toList(),
        "graph",
        chapter.graph().map(ReportPage::view).map(List::of).orElse(List.of()));
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

  private static Map<String, Object> view(Report.Photo photo) {
    return Map.of("title", photo.title(), "caption", photo.caption(), "source", photo.source());
  }

  private static Map<String, Object> view(Figure plot, int index) {
    return Map.of(
        "id",
        "plot-" + index,
        "title",
        Printable.name(plot.title()),
        "caption",
        Printable.name(plot.caption()),
        "numbers",
        view(plot.numbers()));
  }

  private List<Map<String, String>> provenanceRows() {
    List<Map<String, String>> rows = new ArrayList<>();
    Provenance provenance = report.provenance();
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
    return Printable.text(json).replace("<", "\\u003c");
  }

  /** The usual build of the library has no heat maps; the full one makes a file 0.4 MB larger. */
  private String echarts() {
    boolean full =
        Stream.concat(
                report.plots().stream(),
                report.chapters().stream().flatMap(own -> own.figures().stream()))
            .anyMatch(HeatMap.class::isInstance);
    try (InputStream in = ReportPage.class.getResourceAsStream("echarts.properties")) {
      Properties properties = new Properties();
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
      return resource(
          ECHARTS.formatted(
              properties.getProperty("version"), full ? "echarts" : "echarts.common"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read echarts.properties from steelyard-cli's jar", e);
    }
  }

  /** The parts see each other's functions, and the page sees none of them. */
  private static String script() {
    return SCRIPTS.stream()
        .map(ReportPage::resource)
        .collect(Collectors.joining("\n", "(function () {\n\"use strict\";\n", "})();"));
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " from the class path", e);
    }
  }
}
