package io.github.steelyard.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.Study;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run of a study.
 *
 * @param study the study
 * @param setting the value of each axis
 * @param seed the run's seed
 * @param folder where the study is
 */
record StudyRun(Study study, Map<String, String> setting, long seed, Path folder) {

  private Path parent() {
    Path parent = folder;
    for (String value : setting.values()) {
      parent = parent.resolve(value);
    }
    return parent;
  }

  /** The run's folder. */
  Path run() {
    return parent().resolve("seed-" + seed);
  }

  /** The recipe as it was given to the command. */
  Path recipe() {
    return parent().resolve("seed-" + seed + ".yaml");
  }

  /** What to call it before a person. */
  String title() {
    return Study.label(setting) + ", seed " + seed;
  }

  /** Whether the folder holds a run, finished or not. */
  boolean isThere() {
    return Files.exists(run().resolve("recipe.yaml"));
  }

  /** The measures that the run has left, by column; fewer than the study asks for if unfinished. */
  Map<String, Double> measures() throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    Optional<JsonNode> results = results();
    if (results.isEmpty() || isInterrupted()) {
      return values;
    }
    study
        .measures()
        .forEach(
            (name, place) -> {
              JsonNode value = results.get().at("/" + place.replace('.', '/'));
              if (value.isNumber()) {
                values.put(name, value.asDouble());
              }
            });
    return values;
  }

  boolean isFinished() throws IOException {
    return measures().size() == study.measures().size();
  }

  boolean isInterrupted() throws IOException {
    return results()
        .map(node -> node.path("outcome").asText())
        .filter(TrainingResult.Outcome.INTERRUPTED.name()::equals)
        .isPresent();
  }

  private Optional<JsonNode> results() throws IOException {
    Path file = run().resolve("results.json");
    return Files.isRegularFile(file)
        ? Optional.of(Output.JSON.readTree(file.toFile()))
        : Optional.empty();
  }

  /** What differs from the recipe that the run was made with; empty if there is none yet. */
  List<String> differences(Recipe now) throws IOException {
    return Files.isRegularFile(recipe())
        ? Recipe.read(recipe(), false, List.of()).differences(now)
        : List.of();
  }

  /** The command line, without the program's name. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of(study.command(), recipe().toString()));
    study
        .options()
        .forEach(
            (name, value) ->
                arguments.addAll(
                    List.of("--" + name, value.replace("{seed}", String.valueOf(seed)))));
    arguments.addAll(List.of("--run", run().toString()));
    if (isThere()) {
      arguments.add("--resume");
    }
    return arguments;
  }
}
