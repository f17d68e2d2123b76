package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.steelyard.cli.console.IncrementalProgress;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.Work;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One strategy in a folder of its own: the learner's state, its classifier, and what it measured.
 * Everything but the state is made anew from it after each step.
 */
public final class StrategyWork implements Work {
  private static final String CLASSIFIER = "classifier.safetensors";

  private final IncrementalStudy study;
  private final String strategy;
  private final Session session;
  private final IncrementalLearner learner;
  private RunDirectory folder;

  /**
   * The work of one strategy.
   *
   * @param study its data and settings
   * @param strategy its name
   * @param session before whom
   */
  public StrategyWork(IncrementalStudy study, String strategy, Session session) {
    this.study = study;
    this.strategy = strategy;
    this.session = session;
    learner = study.learner(strategy);
  }

  /** Where the classifier of a strategy's folder is. */
  static Path classifier(RunDirectory folder) {
    return folder.exports().resolve(CLASSIFIER);
  }

  @Override
  public Recipe recipe() {
    return study.recipe(strategy);
  }

  /** Classes may have been added since. */
  @Override
  public RunRecipe continuing(RunRecipe written) {
    return written instanceof Recipe before
        ? recipe()
            .withSection(
                IncrementalStudy.of(recipe())
                    .withExtensions(IncrementalStudy.of(before).extensions()))
        : recipe();
  }

  @Override
  public Ended complete(Run run) throws IOException {
    open(run);
    IncrementalResult result = learn();
    return ended(result);
  }

  /** Takes up what the folder holds. */
  void open(Run run) throws IOException {
    folder = run.directory();
    learner.runDirectory(folder);
    learner.resume();
  }

  Ended ended(IncrementalResult result) {
    IncrementalSummary summary = new IncrementalSummary(result);
    return new Ended(
        folder.path(),
        result.steps().size() == study.scenario().steps().size(),
        "after step " + result.steps().size() + " of " + study.scenario().steps().size(),
        Json.MAPPER.valueToTree(summary.toJson()),
        IncrementalSummary.tables(List.of(summary), study.scenario().steps().size()),
        ReportPart.EMPTY,
        Optional.of(folder.report()).filter(Files::exists));
  }

  /** The result, of which nothing may be there. */
  IncrementalResult result() {
    int steps = study.scenario().steps().size();
    return learned() > steps ? first(learner.result(), steps) : learner.result();
  }

  /**
   * How many steps are learned.
   *
   * @return steps, at least 0
   */
  public int learned() {
    return learner.classes().steps();
  }

  /** Takes over a network that was trained before as the first step. */
  private void adopt() throws IOException {
    session.err().println("choosing exemplars of the classes known");
    learner.adopt(study.data(), study.scenario().steps().get(0), study.trained());
    save();
  }

  /** Removes what an interrupted step left. */
  void discardInterruptedStep() throws IOException {
    learner.discardInterruptedStep();
  }

  /** Learns the steps that are missing, one by one, and saves after each. */
  IncrementalResult learn() throws IOException {
    List<List<String>> steps = study.scenario().steps();
    if (learned() == 0 && IncrementalStudy.of(study.recipe()).startsTrained()) {
      adopt();
    }
    if (learned() > 0) {
      session
          .err()
          .println(strategy + ": " + learned() + " of " + steps.size() + " steps are learned");
    }
    if (learned() > steps.size()) {
      return result(); // It was extended; what it wrote then is whole.
    }
    save();
    for (int done = learned(); done < steps.size() && !session.stop().isRequested(); done++) {
      String task = strategy + ", step " + (done + 1) + " of " + steps.size();
      try (IncrementalProgress progress = new IncrementalProgress(session.err(), task);
          Stop.Working working = session.stop().during(learner::requestStop)) {
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
    }
    return result();
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
      return Json.MAPPER
          .writer()
          .without(SerializationFeature.INDENT_OUTPUT)
          .writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result cannot be written as JSON", e);
    }
  }
}
