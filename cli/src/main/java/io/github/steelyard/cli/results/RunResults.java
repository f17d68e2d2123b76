package io.github.steelyard.cli.results;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What {@code results.json} of a run says. */
public final class RunResults {
  /** The file's name in the run's folder. */
  public static final String FILE = "results.json";

  private RunResults() {}

  /**
   * All values; none if the file is not there.
   *
   * @param run the run's folder
   * @return values by their keys
   * @throws IOException if it cannot be read
   */
  public static Map<String, Object> read(RunDirectory run) throws IOException {
    if (!Files.isRegularFile(run.results())) {
      return new LinkedHashMap<>();
    }
    return Json.MAPPER.convertValue(CheckedJson.read(run.results()), new TypeReference<>() {});
  }

  /**
   * What a command left in a folder; empty if the file is not there.
   *
   * @param folder that of a run or of a part of one
   * @return what the file holds
   * @throws IOException if it cannot be read
   */
  public static Optional<JsonNode> in(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return Files.isRegularFile(file) ? Optional.of(CheckedJson.read(file)) : Optional.empty();
  }

  /**
   * Writes all values to a folder that is not that of a training.
   *
   * @param folder is there
   * @param values by their keys
   * @throws IOException if it cannot be written
   */
  public static void write(Path folder, Map<String, ?> values) throws IOException {
    CheckedJson.write(folder.resolve(FILE), Json.MAPPER.valueToTree(values));
  }

  /**
   * Replaces one value and keeps the others.
   *
   * @param run the run's folder
   * @param key which value
   * @param value anything that Jackson can write
   * @throws IOException if the file cannot be read or written
   */
  public static void put(RunDirectory run, String key, Object value) throws IOException {
    Map<String, Object> all = read(run);
    all.put(key, value);
    run.writeResults(all);
  }

  /**
   * The result of a training that came to its end; empty if it has not.
   *
   * @param run the run's folder
   * @return how it ended
   * @throws IOException if the file cannot be read
   */
  public static Optional<TrainingResult> finished(RunDirectory run) throws IOException {
    JsonNode saved = Json.MAPPER.valueToTree(read(run));
    String outcome = saved.path("outcome").asText();
    if (outcome.isEmpty() || outcome.equals(TrainingResult.Outcome.INTERRUPTED.name())) {
      return Optional.empty();
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    saved
        .path("metrics")
        .properties()
        .forEach(entry -> metrics.put(entry.getKey(), number(entry.getValue())));
    JsonNode best = saved.path("best");
    return Optional.of(
        new TrainingResult(
            TrainingResult.Outcome.valueOf(outcome),
            saved.path("reason").asText(),
            saved.path("steps").asLong(),
            saved.path("epochs").asInt(),
            number(saved.path("loss")),
            metrics,
            best.isObject()
                ? Optional.of(
                    new TrainingResult.Best(
                        best.path("metric").asText(),
                        number(best.path("value")),
                        best.path("epoch").asInt(),
                        best.path("step").asLong()))
                : Optional.empty(),
            number(saved.path("seconds"))));
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }
}
