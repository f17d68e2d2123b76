package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
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
public record StudyRun(Study study, Map<String, String> setting, long seed, Path folder) {
  /** The option of {@code steelyard run} that makes a run of a study, which names its file. */
  public static final String OF_STUDY = "--of-study";

  /**
   * Seeds change slowest, so that a study that is stopped has something of every setting.
   *
   * @param study the study
   * @param settings the chosen values of each axis
   * @param folder that of the study
   * @return a run for each setting and seed
   */
  public static List<StudyRun> all(Study study, List<Map<String, String>> settings, Path folder) {
    List<StudyRun> runs = new ArrayList<>();
    for (long seed : study.seeds()) {
      for (Map<String, String> setting : settings) {
        runs.add(new StudyRun(study, setting, seed, folder));
      }
    }
    return runs;
  }

  /** The run's folder. */
  Path run() {
    Path parent = folder;
    for (String value : setting.values()) {
      parent = parent.resolve(value);
    }
    return parent.resolve("seed-" + seed);
  }

  /** The folder of the model that it starts from; empty if it starts from random weights. */
  Optional<Path> start() {
    return study.recipes().startFolder(setting, seed).map(folder::resolve);
  }

  /** The recipe of the model that it starts from. */
  Optional<Recipe> startRecipe() {
    return study.recipes().start(setting, seed, study.changes());
  }

  /** The recipe of a run as the study makes it. */
  static Path recipeOf(Path run) {
    return run.resolveSibling(run.getFileName() + ".yaml");
  }

  /** What is noted of a run besides its results. */
  static Path recordOf(Path run) {
    return run.resolveSibling(run.getFileName() + ".json");
  }

  /**
   * Makes a run, and notes where it is made and how long it took, also if it fails.
   *
   * @param <T> what is made
   * @param run the run's folder
   * @param study the study's file
   * @param work makes it
   * @return what it made
   * @throws IOException if the work throws it, or the note cannot be written
   */
  public static <T> T noting(Path run, Path study, AtomicFile.Work<T> work) throws IOException {
    long begin = System.nanoTime();
    Machine machine = Machine.here(study.toAbsolutePath().getParent());
    StudyRecord.add(recordOf(run), 0, machine); // It may be killed between its end and the note.
    try {
      return work.run();
    } finally {
      StudyRecord.add(recordOf(run), (System.nanoTime() - begin) / 1e9, machine);
    }
  }

  /** What to call it before a person. */
  String title() {
    return StudyAxes.label(setting) + ", seed " + seed;
  }

  /**
   * The measures that the run has left, by column; fewer than the study asks for if unfinished. One
   * that is not defined, such as the condition number of a matrix without full rank, is not a
   * number.
   */
  Map<String, Double> measures() throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    Optional<JsonNode> results = RunResults.in(run());
    if (results.isEmpty() || isInterrupted()) {
      return values;
    }
    study
        .measures()
        .of(setting)
        .forEach(
            (name, place) -> {
              JsonNode value = place.in(results.get());
              if (value.isNumber() || value.isNull()) {
                values.put(name, value.isNumber() ? value.asDouble() : Double.NaN);
              }
            });
    return values;
  }

  /** What the run has left of each part, by the study's name and the part's. */
  Map<String, Map<String, Double>> parts() throws IOException {
    JsonNode all = RunResults.in(run()).orElse(MissingNode.getInstance());
    Map<String, Map<String, Double>> values = new LinkedHashMap<>();
    study
        .parts()
        .of(setting)
        .forEach(
            (name, place) -> {
              Map<String, Double> own = new LinkedHashMap<>();
              place
                  .partsIn(all)
                  .forEach(
                      (part, value) -> {
                        if (value.isNumber()) {
                          own.put(part, value.asDouble());
                        }
                      });
              values.put(name, own);
            });
    return values;
  }

  boolean isFinished() throws IOException {
    // One that was killed at its report has all measures.
    return !Run.isUnfinished(run()) && measures().size() == study.measures().names().size();
  }

  boolean isInterrupted() throws IOException {
    return outcome(run()).filter(StudyRun::isInterruption).isPresent();
  }

  /** How a run came to its end, for now or for good; empty if it has not. */
  static Optional<String> outcome(Path run) throws IOException {
    return RunResults.in(run)
        .map(node -> node.path("outcome").asText())
        .filter(text -> !text.isEmpty());
  }

  static boolean isInterruption(String outcome) {
    return outcome.equals(TrainingResult.Outcome.INTERRUPTED.name());
  }

  /** How long it took, all attempts that were noted together; 0 if nothing is known of that. */
  double seconds() throws IOException {
    double noted = StudyRecord.read(recordOf(run())).map(StudyRecord::seconds).orElse(0.0);
    double told = RunResults.in(run()).map(node -> node.path("seconds").asDouble()).orElse(0.0);
    return Math.max(noted, told);
  }

  /** Its recipe. */
  RunRecipe recipe() {
    return study.recipes().of(setting, seed, start(), study.changes());
  }
}
