package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.TrainingProgress;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trains, follows up and reports, each as far as it is not done yet. */
record TrainingWork(Training training, Session session) implements Work {
  @Override
  public Recipe recipe() {
    return training.recipe();
  }

  @Override
  public RunRecipe continuing(RunRecipe written) {
    return isLongerThan(written) ? written : recipe();
  }

  private boolean isLongerThan(RunRecipe written) {
    return written instanceof Recipe before && recipe().isLonger(before);
  }

  @Override
  public Ended complete(Run run) throws IOException {
    RunRecipe written = run.recipe(List.of());
    if (isLongerThan(written)) {
      session
          .err()
          .println(
              "the run is trained further, and what follows its training is done anew; its"
                  + " recipe.yaml is replaced: "
                  + String.join(", ", written.differences(recipe())));
      run.goOnWith(recipe());
    }
    keepStart(run.directory());
    TrainingResult result = train(run.directory());
    Optional<ReportPart> shown = Optional.empty();
    if (result.outcome() != TrainingResult.Outcome.INTERRUPTED) {
      if (training.data().input().isPresent()) {
        RunResults.put(run.directory(), "input", training.data().input().get().toJson());
        RunResults.put(run.directory(), "class_names", training.data().classNames());
      }
      if (training.classWeights().isPresent()) {
        RunResults.put(run.directory(), "class_weights", classWeights());
      }
      RunResults.put(run.directory(), "scale_invariant", ScaleInvariantWeights.toJson(training));
      shown = followUp(run);
    }
    RunHistory history = RunHistory.read(run.directory().metrics());
    RunReport report = new RunReport(training, history, result, shown.orElse(ReportPart.EMPTY));
    report.report().write(run.directory().report());
    JsonNode results = Json.MAPPER.valueToTree(RunResults.read(run.directory()));
    return new Ended(
        run.path(),
        shown.isPresent(),
        "after step " + result.steps(),
        results,
        report.part().printed(),
        shown.orElse(ReportPart.EMPTY),
        Optional.of(run.directory().report()));
  }

  private Map<String, Double> classWeights() throws IOException {
    List<String> names = training.data().classNames();
    Map<String, Double> weights = new LinkedHashMap<>();
    for (int c = 0; c < names.size(); c++) {
      weights.put(names.get(c), training.classWeights().orElseThrow().get(c));
    }
    return weights;
  }

  /** What a run begins with from elsewhere is measured, and kept for when its source is gone. */
  private void keepStart(RunDirectory run) throws IOException {
    if (training.start().isEmpty() || StartingWeights.isKept(run.path())) {
      return;
    }
    session.err().println("measuring the network that it begins with");
    Module original = training.original();
    Map<String, Double> metrics =
        new Evaluator(training.evaluationData(), List.of(new Accuracy()))
            .evaluate(original, training.device());
    training.start().get().keep(run.path(), original, metrics);
  }

  /** A training that is finished is not repeated, but its callbacks get back what they saw. */
  private TrainingResult train(RunDirectory run) throws IOException {
    training.trainer().runDirectory(run);
    Optional<TrainingResult> finished = RunResults.finished(run);
    if (finished.isPresent()) {
      training.trainer().resume();
      session.err().println("the training is finished already");
      return finished.get();
    }
    training.notes().forEach(session.err()::println);
    try (Progress progress = Progress.start(session.err(), training.totalSteps());
        Stop.Working working = session.stop().during(training.trainer()::requestStop)) {
      progress.task(training.recipe().name());
      training.trainer().callback("progress", new TrainingProgress(progress, 0));
      training
          .trainer()
          .resume()
          .ifPresent(step -> session.err().println("resuming after step " + step));
      return training.trainer().run();
    }
  }

  private Optional<ReportPart> followUp(Run run) throws IOException {
    return FollowUps.of(training.recipe().sections())
        .complete(RunNetwork.of(training, run, session), session.stop());
  }

  @Override
  public Optional<Estimate> estimate() throws IOException {
    return Optional.of(TrialSteps.of(training));
  }
}
