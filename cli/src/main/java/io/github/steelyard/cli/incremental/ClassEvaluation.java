package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures what class-incremental runs learned, over the classes that a model knows.
 *
 * @param output where the numbers go
 * @param settings what is changed in the recipes of strategies, such as the folder of the data
 */
public record ClassEvaluation(Output output, List<String> settings) {

  /** One model by one read-out. */
  private record Measured(
      String source, String strategy, String data, ClassMap classes, Evaluation evaluation) {

    String readOut() {
      return evaluation.readOut().replace('_', ' ');
    }
  }

  /**
   * Measures all strategies of a run, or the one whose folder is given; each as it answers itself.
   *
   * @param path the run's folder
   * @param whole the run's recipe
   * @throws IOException if a learner or the data cannot be read
   */
  public void ofRun(Path path, Recipe whole) throws IOException {
    List<Measured> all = new ArrayList<>();
    for (Path folder : StrategyFolders.all(path, whole)) {
      Recipe recipe = StrategyFolders.recipe(folder, settings);
      IncrementalStudy study = new IncrementalStudy(recipe, output.arguments());
      String strategy = study.strategies().get(0);
      try (RunDirectory run = RunDirectory.open(folder)) {
        IncrementalLearner learner = study.learner(strategy).runDirectory(run);
        learner.resume();
        ReadOut readOut = learner.configuration().strategy().readOut();
        all.add(
            new Measured(
                folder.toString(),
                strategy,
                study.data().test().name(),
                learner.classes(),
                learner.evaluate(study.data(), readOut)));
      }
    }
    report(all);
  }

  /**
   * Measures a classifier file by softmax: it holds no exemplars for nearest means.
   *
   * @param file a classifier
   * @param recipe that of the file's provenance
   * @throws IOException if the file or the data cannot be read
   */
  public void ofFile(Path file, Recipe recipe) throws IOException {
    IncrementalStudy study = new IncrementalStudy(recipe, output.arguments());
    ClassMap classes = ClassifierFile.classes(file);
    Module model = ClassifierFile.load(file, study::backbone);
    model.to(study.device());
    DataLoader test = study.test(classes);
    report(
        List.of(
            new Measured(
                file.toString(),
                study.strategies().get(0),
                study.data().test().name(),
                classes,
                Evaluation.bySoftmax(model, test, classes, study.device()))));
  }

  private void report(List<Measured> all) {
    if (output.isJson()) {
      output.printJson(all.stream().map(ClassEvaluation::toJson).toList());
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    for (Measured own : all) {
      rows.add(
          List.of(
              own.strategy(),
              own.readOut(),
              String.valueOf(own.classes().size()),
              String.valueOf(own.evaluation().samples()),
              Numbers.percent(own.evaluation().accuracy()),
              Numbers.percent(own.evaluation().oldAccuracy()),
              Numbers.percent(own.evaluation().newAccuracy())));
    }
    output.printTable(
        List.of(
            "strategy",
            "read-out",
            ">classes known",
            ">test samples",
            ">accuracy",
            ">old classes",
            ">new classes"),
        rows);
    output.out().println();
    output
        .out()
        .println("accuracy over all classes known, old and new ones: before and of the last step");
    output.out().println("data: " + all.get(0).data());
    all.forEach(own -> output.out().println(own.strategy() + ": " + own.source()));
  }

  private static Map<String, Object> toJson(Measured own) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("source", own.source());
    values.put("strategy", own.strategy());
    values.put("data", own.data());
    values.put("samples", own.evaluation().samples());
    values.put("classes", own.classes().classes());
    values.put("read_out", own.evaluation().readOut());
    values.putAll(IncrementalSummary.values(own.evaluation()));
    return values;
  }
}
