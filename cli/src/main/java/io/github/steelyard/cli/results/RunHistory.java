package io.github.steelyard.cli.results;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.report.Series;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What a run wrote to {@code metrics.jsonl}. */
public final class RunHistory {
  /** Of a run that wrote nothing. */
  public static final RunHistory EMPTY = new RunHistory(List.of());

  private final List<JsonNode> events;

  private RunHistory(List<JsonNode> events) {
    this.events = events;
  }

  /**
   * Reads the log of a run. A torn last line, which a killed process leaves, is skipped.
   *
   * @param file {@code metrics.jsonl}
   * @return what it holds
   * @throws IOException if it cannot be read
   */
  public static RunHistory read(Path file) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    // A decoder that replaces what it cannot read: a line may be torn within a character.
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        try {
          events.add(Json.MAPPER.readTree(line));
        } catch (JsonProcessingException e) {
          break;
        }
      }
    }
    return new RunHistory(events);
  }

  /**
   * All events of one kind, in their order.
   *
   * @param event such as {@code evaluation}
   * @return the lines of this kind
   */
  public List<JsonNode> events(String event) {
    return events.stream().filter(line -> event.equals(line.path("event").asText())).toList();
  }

  /**
   * A value over the steps or epochs, from the events of one kind.
   *
   * @param event such as {@code step}
   * @param x the name of the horizontal value, such as {@code step}
   * @param value finds the vertical value in a line
   * @return the points; lines without the value are left out
   */
  public List<Series.Point> points(String event, String x, Function<JsonNode, JsonNode> value) {
    List<Series.Point> points = new ArrayList<>();
    for (JsonNode line : events) {
      JsonNode y = event.equals(line.path("event").asText()) ? value.apply(line) : null;
      if (y != null && y.isNumber()) {
        points.add(new Series.Point(line.path(x).asDouble(), y.asDouble()));
      }
    }
    return points;
  }
}
