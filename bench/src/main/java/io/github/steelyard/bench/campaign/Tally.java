package io.github.steelyard.bench.campaign;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.steelyard.cli.console.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/** Counts verdicts, and keeps those in which something failed. */
final class Tally {
  private final Map<String, Row> rows = new TreeMap<>();
  private final List<String> failures = new ArrayList<>();

  private static final class Row {
    private long blows;
    private long refused;
    private long failed;
    private String skipped = "";
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
        rows.computeIfAbsent(
            Sort.valueOf(line.sort()).ordinal() + "|" + line.sort() + "|" + line.kind(),
            any -> new Row());
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
    return sum(sort, row -> row.blows);
  }

  private long sum(Sort sort, ToLongFunction<Row> value) {
    return rows.entrySet().stream()
        .filter(row -> row.getKey().split("\\|", -1)[1].equals(sort.name()))
        .mapToLong(row -> value.applyAsLong(row.getValue()))
        .sum();
  }

  /** A table in Markdown. */
  String table() {
    StringBuilder text =
        new StringBuilder(
            "| blow | at | number | refused with a message | failures |\n| --- | --- | --- | --- | --- |\n");
    Set<Sort> sorts = new LinkedHashSet<>();
    rows.forEach(
        (key, row) -> {
          String[] parts = key.split("\\|", -1);
          Sort sort = Sort.valueOf(parts[1]);
          sorts.add(sort);
          text.append(
              row.blows == 0 && !row.skipped.isEmpty()
                  ? "| %s | %s | not tried: %s | | |\n"
                      .formatted(sort.label(), parts[2], row.skipped)
                  : "| %s | %s | %,d | %s | %d |\n"
                      .formatted(
                          sort.label(),
                          parts[2],
                          row.blows,
                          row.refused == 0 ? "" : "%,d".formatted(row.refused),
                          row.failed));
        });
    for (Sort sort : sorts) {
      text.append(
          "| **%s** | **all** | **%,d** | %s | **%d** |\n"
              .formatted(
                  sort.label(),
                  blows(sort),
                  sum(sort, row -> row.refused) == 0
                      ? ""
                      : "%,d".formatted(sum(sort, row -> row.refused)),
                  sum(sort, row -> row.failed)));
    }
    return text.toString();
  }
}
