package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.steelyard.cli.console.IncrementalProgress;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One strategy of a study in a folder of its own: the learner's state, its classifier, and what it
 * measured. Everything but the state is made anew from it after each step.
 */
public final class IncrementalRun implements AutoCloseable {
  private static final String CLASSIFIER = "classifier.safetensors";

  private final IncrementalStudy study;
  private final String strategy;
  private final RunDirectory folder;
  private final IncrementalLearner learner;
  private volatile boolean stopRequested;

  private IncrementalRun(IncrementalStudy study, String strategy, RunDirectory folder) {
    this.study = study;
    this.strategy = strategy;
    this.folder = folder;
    this.learner = study.learner(strategy).runDirectory(folder);
  }

  /**
   * Opens the folder, a new one or one that was begun, and takes up what it holds.
   *
   * @throws IOException if it is in use, damaged or cannot be written
   */
  public static IncrementalRun open(IncrementalStudy study, String strategy, Path path)
      throws IOException {
    boolean begun = Files.isDirectory(path.resolve("checkpoints"));
    RunDirectory folder = begun ? RunDirectory.resume(path) : RunDirectory.create(path);
    try {
      IncrementalRun run = new IncrementalRun(study, strategy, folder);
      run.learner.resume();
      if (!Files.exists(folder.recipe())) {
        AtomicFile.write(folder.recipe(), study.recipe(strategy).toBytes());
      }
      return run;
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** Where the classifier of a strategy's folder is. */
  public static Path classifier(RunDirectory folder) {
    return folder.exports().resolve(CLASSIFIER);
  }

  RunDirectory folder() {
    return folder;
  }

  /** How many steps are learned. */
  public int learned() {
    return learner.classes().steps();
  }

  /**
   * Takes over a network that was trained before as the first step.
   *
   * @param trained the network, as the study's backbone is made
   * @throws IOException if data cannot be read or results not be written
   */
  public void adopt(Module trained) throws IOException {
    learner.adopt(study.data(), study.scenario().steps().get(0), trained);
    save();
  }

  /** Removes what an interrupted step left. */
  void discardInterruptedStep() throws IOException {
    learner.discardInterruptedStep();
  }

  /** Asks the training to stop after its current optimizer step. Any thread may call it. */
  public void requestStop() {
    stopRequested = true;
    learner.requestStop();
  }

  /**
   * Learns the steps that are missing, one by one, and saves after each.
   *
   * @param err where progress is shown
   * @return what came out of the steps of the study that are finished
   */
  public IncrementalResult learn(PrintWriter err) throws IOException {
    List<List<String>> steps = study.scenario().steps();
    if (learned() > 0) {
      err.println(strategy + ": " + learned() + " of " + steps.size() + " steps are learned");
    }
    if (learned() > steps.size()) {
      return first(learner.result(), steps.size()); // It was extended; what it wrote then is whole.
    }
    save();
    for (int done = learned(); done < steps.size(); done++) {
      String task = strategy + ", step " + (done + 1) + " of " + steps.size();
      try (IncrementalProgress progress = new IncrementalProgress(err, task)) {
        learner.setup(
            (trainer, classes, test) -> {
              study.addTo(trainer);
              trainer.evaluate(test, new Accuracy()).callback("progress", progress);
            });
        learner.run(study.data(), new Scenario(steps.subList(0, done + 1)));
      }
      if (learned() > done) {
        save();
      }
      if (stopRequested) {
        break; // It may have come too late for the step that just ended.
      }
    }
    return learner.result();
  }

  private static IncrementalResult first(IncrementalResult result, int steps) {
    ClassMap classes = result.classes();
    return new IncrementalResult(
        result.strategy(),
        new ClassMap(
            classes.classes().subList(0, classes.firstRow(steps)),
            classes.stepSizes().subList(0, steps)),
        result.steps().subList(0, steps));
  }

  private void save() throws IOException {
    if (learned() == 0) {
      return;
    }
    IncrementalResult result = learner.result();
    IncrementalSummary summary = new IncrementalSummary(result);
    StringBuilder log = new StringBuilder();
    for (Map<String, Object> line : summary.log()) {
      log.append(line(line)).append('\n');
    }
    AtomicFile.write(folder.metrics(), log.toString().getBytes(StandardCharsets.UTF_8));
    Files.createDirectories(folder.exports());
    learner.save(classifier(folder), study.provenance(strategy));
    folder.writeResults(summary.toJson());
    IncrementalReport.of(
            study.recipe().name() + ", " + strategy,
            List.of(result),
            study.recipe(strategy).toYaml(),
            study.provenance(strategy))
        .write(folder.report());
  }

  private static String line(Map<String, Object> values) {
    try {
      return Output.JSON
          .writer()
          .without(SerializationFeature.INDENT_OUTPUT)
          .writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result cannot be written as JSON", e);
    }
  }

  @Override
  public void close() throws IOException {
    folder.close();
  }
}
