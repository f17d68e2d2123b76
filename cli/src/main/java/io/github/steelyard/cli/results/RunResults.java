package io.github.steelyard.cli.results;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.io.AtomicFile;
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
  public static final String FILE = "results.json";

  private RunResults() {}

  /** All values; none if the file is not there. */
  public static Map<String, Object> read(RunDirectory run) throws IOException {
    if (!Files.isRegularFile(run.results())) {
      return new LinkedHashMap<>();
    }
    return Output.JSON.readValue(run.results().toFile(), new TypeReference<>() {});
  }

  /** What a command left in a folder; empty if the file is not there. */
  public static Optional<JsonNode> in(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return Files.isRegularFile(file)
        ? Optional.of(Output.JSON.readTree(file.toFile()))
        : Optional.empty();
  }

  /** Writes all values to a folder that is not that of a training. */
  public static void write(Path folder, Map<String, ?> values) throws IOException {
    AtomicFile.write(folder.resolve(FILE), Output.JSON.writeValueAsBytes(values));
  }

  /** Replaces one value and keeps the others. */
  public static void put(RunDirectory run, String key, Object value) throws IOException {
    Map<String, Object> all = read(run);
    all.put(key, value);
    run.writeResults(all);
  }

  /** What a command that trained and went on prints first as JSON: which run, and how it ended. */
  public static Map<String, Object> ended(RunDirectory run, TrainingResult training) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("run", run.path().toString());
    values.put("outcome", training.outcome().name());
    values.put("steps", training.steps());
    values.put("seconds", training.seconds());
    return values;
  }

  /** The result of a training that came to its end; empty if it has not. */
  public static Optional<TrainingResult> finished(RunDirectory run) throws IOException {
    JsonNode saved = Output.JSON.valueToTree(read(run));
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
