package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file that a model was written to.
 *
 * @param format what it is
 * @param withPreprocessing whether it takes decoded pictures of any size
 * @param file where it is
 * @param bytes its size
 * @param floatBytes what the state dict of the same model takes in full precision
 * @param parts where the bytes went, by what they hold
 * @param arithmetic what runs in integer arithmetic and what does not
 * @param needs what a program must have to read it; empty for weights, which need no more than
 *     safetensors
 */
public record ExportedFile(
    ExportFormat format,
    boolean withPreprocessing,
    Path file,
    long bytes,
    long floatBytes,
    Map<String, Long> parts,
    String arithmetic,
    Optional<String> needs) {
  static final String PREPROCESSING = "with_preprocessing";
  private static final String NEEDS = "needs";

  /** What {@link #toJson} said before. */
  static ExportedFile of(ExportFormat format, Path file, JsonNode json) {
    Map<String, Long> parts = new LinkedHashMap<>();
    json.path("parts")
        .properties()
        .forEach(entry -> parts.put(entry.getKey(), entry.getValue().asLong()));
    return new ExportedFile(
        format,
        json.path(PREPROCESSING).asBoolean(),
        file,
        json.path("bytes").asLong(),
        json.path("float_bytes").asLong(),
        parts,
        json.path("integer_arithmetic").asText(),
        Optional.ofNullable(json.path(NEEDS).textValue()));
  }

  /**
   * How much smaller the file is than the weights in float32.
   *
   * @return above 0
   */
  public double ratio() {
    return (double) floatBytes / bytes;
  }

  /**
   * For people who read JSON.
   *
   * @return values by their keys
   */
  public Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("format", Output.word(format));
    values.put("file", file.toString());
    if (withPreprocessing) {
      values.put(PREPROCESSING, true);
    }
    values.put("bytes", bytes);
    values.put("float_bytes", floatBytes);
    values.put("ratio", ratio());
    values.put("parts", parts);
    values.put("integer_arithmetic", arithmetic);
    needs.ifPresent(needed -> values.put(NEEDS, needed));
    return values;
  }

  /**
   * Where the bytes went.
   *
   * @return measure and value
   */
  public Table table() {
    List<List<String>> rows = new ArrayList<>();
    parts.forEach((part, bytes) -> rows.add(List.of(part, Numbers.bytes(bytes))));
    rows.add(List.of("whole file", Numbers.bytes(bytes)));
    rows.add(List.of("the same model in float32", Numbers.bytes(floatBytes)));
    rows.add(List.of("in integer arithmetic", arithmetic));
    needs.ifPresent(needed -> rows.add(List.of("needs", needed)));
    if (withPreprocessing) {
      rows.add(
          List.of(
              "input",
              "pictures of any size, uint8 [batch, height, width, 3]: all else is inside"));
    }
    return new Table(List.of("Part", "Bytes"), rows);
  }
}
