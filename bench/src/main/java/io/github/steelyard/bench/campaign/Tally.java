package io.github.steelyard.bench.campaign;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.steelyard.cli.console.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts verdicts, and keeps those in which something failed. */
final class Tally {
  private final Map<Sort, Map<String, Row>> rows = new EnumMap<>(Sort.class);
  private final List<String> failures = new ArrayList<>();

  private static final class Row {
    private long blows;
    private long refused;
    private long failed;
    private String skipped = "";

    void add(Row other) {
      blows += other.blows;
      refused += other.refused;
      failed += other.failed;
    }

    String cells() {
      return blows == 0 && !skipped.isEmpty()
          ? "not tried: %s | | |".formatted(skipped)
          : "%,d | %s | %d |"
              .formatted(blows, refused == 0 ? "" : "%,d".formatted(refused), failed);
    }
  }

  /** A verdict with the number of its case, as it stands in a file. */
  record Line(
      String sort,
      long number,
      String kind,
      long blows,
      long refused,
      String failure,
      String skipped) {
    static Line of(Sort sort, long number, Verdict verdict) {
      return new Line(
          sort.name(),
          number,
          verdict.kind(),
          verdict.blows(),
          verdict.refused(),
          verdict.failure().orElse(null),
          verdict.skipped().orElse(null));
    }

    String toJson() throws IOException {
      return Json.MAPPER
          .writer()
          .without(SerializationFeature.INDENT_OUTPUT)
          .writeValueAsString(this);
    }
  }

  void add(Line line) {
    Row row =
        rows.computeIfAbsent(Sort.valueOf(line.sort()), any -> new TreeMap<>())
            .computeIfAbsent(line.kind(), any -> new Row());
    if (line.skipped() != null) {
      row.skipped = line.skipped();
      return;
    }
    row.blows += line.blows();
    row.refused += line.refused();
    if (line.failure() != null) {
      row.failed++;
      failures.add(
          "%s --number %d (%s): %s"
              .formatted(line.sort(), line.number(), line.kind(), line.failure()));
    }
  }

  /** Adds what a file holds; a torn last line counts as none. Returns the last number, or -1. */
  long add(Path file) throws IOException {
    long last = -1;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        Line line = Json.MAPPER.readValue(text, Line.class);
        add(line);
        last = line.number();
      }
    } catch (JsonProcessingException e) {
      return last;
    }
    return last;
  }

  List<String> failures() {
    return failures;
  }

  long blows(Sort sort) {
    return sum(sort).blows;
  }

  private Row sum(Sort sort) {
    Row sum = new Row();
    rows.getOrDefault(sort, Map.of()).values().forEach(sum::add);
    return sum;
  }

  /** A table in Markdown. */
  String table() {
    StringBuilder text =
        new StringBuilder("| blow | at | number | refused with a message | failures |\n");
    text.append("| --- | --- | --- | --- | --- |\n");
    rows.forEach(
        (sort, kinds) -> {
          kinds.forEach((kind, row) -> append(text, sort.label(), kind, row));
          append(text, sort.label(), "**all**", sum(sort));
        });
    return text.toString();
  }

  private static void append(StringBuilder text, String label, String kind, Row row) {
    text.append("| ").append(label).append(" | ").append(kind).append(" | ");
    text.append(row.cells()).append('\n');
  }
}
