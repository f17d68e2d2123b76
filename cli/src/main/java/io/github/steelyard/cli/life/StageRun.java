package io.github.steelyard.cli.life;

import io.github.steelyard.cli.command.ExportCommand;
import io.github.steelyard.cli.command.PlaceOptions;
import io.github.steelyard.cli.console.Interruption;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.explain.ExplainRun;
import io.github.steelyard.cli.explain.Explanation;
import io.github.steelyard.cli.explain.PlainLayers;
import io.github.steelyard.cli.incremental.IncrementalRun;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.run.ExportFormat;
import io.github.steelyard.cli.run.ExportedFile;
import io.github.steelyard.cli.run.PruneRun;
import io.github.steelyard.cli.run.QuantizeRun;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.RecipeWeights;
import io.github.steelyard.cli.run.RunHistory;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.RunOptions;
import io.github.steelyard.cli.run.RunResults;
import io.github.steelyard.cli.run.TrainRun;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** One stage of a life, in a folder of its own. */
final class StageRun {
  private final LifeRecipe life;
  private final LifeStage stage;
  private final Path target;
  private final Optional<Path> network;
  private final Output output;
  private ExplainRun.Explained explained;

  /**
   * A stage that may be begun or finished.
   *
   * @param life the whole life
   * @param stage the stage
   * @param target its folder
   * @param network the folder of the stage that the network is from, or a safetensors file; empty
   *     if there is no network yet
   * @param output where progress goes
   */
  StageRun(LifeRecipe life, LifeStage stage, Path target, Optional<Path> network, Output output) {
    this.life = life;
    this.stage = stage;
    this.target = target;
    this.network = network;
    this.output = output;
  }

  LifeRecipe life() {
    return life;
  }

  LifeStage stage() {
    return stage;
  }

  /** Its folder. */
  Path target() {
    return target;
  }

  /**
   * Does what is missing and measures what came out.
   *
   * @return empty if the person stopped it
   * @throws IOException if files cannot be read or written
   */
  Optional<StageRow> complete() throws IOException {
    long begin = System.nanoTime();
    DoubleSupplier seconds = () -> (System.nanoTime() - begin) / 1e9;
    return switch (stage.kind()) {
      case EXPLAIN -> Optional.of(explain(seconds));
      case EXPORT -> Optional.of(export(seconds));
      default -> change() ? Optional.of(measured(seconds)) : Optional.empty();
    };
  }

  /** Whether it came to its end. */
  private boolean change() throws IOException {
    return switch (stage.kind()) {
      case TRAIN -> !new TrainRun(recipe(), runs(), output).complete().isInterrupted();
      case PRUNE ->
          isFinished(
              new PruneRun(recipe(), network, Optional.empty(), 0, runs(), output)
                  .complete()
                  .training());
      case QUANTIZE ->
          isFinished(
              new QuantizeRun(recipe(), network, EnumSet.of(ExportFormat.PACKED), runs(), output)
                  .complete()
                  .training());
      default -> extend();
    };
  }

  private static boolean isFinished(TrainingResult result) {
    return result.outcome() != TrainingResult.Outcome.INTERRUPTED;
  }

  private Recipe recipe() {
    return stage.recipe().orElseThrow();
  }

  private RunOptions runs() {
    return RunOptions.of(target, RunModel.isRun(target));
  }

  private boolean extend() throws IOException {
    IncrementalStudy study = new IncrementalStudy(recipe(), output.arguments());
    try (IncrementalRun run = IncrementalRun.open(study, study.strategies().get(0), target);
        Interruption interruption = new Interruption(output.err(), run::requestStop)) {
      if (run.learned() == 0) {
        output.err().println("choosing exemplars of the classes known");
        run.adopt(growable());
      }
      IncrementalResult result = run.learn(output.err());
      return result.steps().size() == study.scenario().steps().size();
    }
  }

  private Module growable() throws IOException {
    try (RunDirectory before = RunDirectory.open(network.orElseThrow())) {
      Recipe recipe = RunModel.recipe(before, settings());
      Module model = RunModel.load(recipe, RunModel.checkpoint(before, recipe, false));
      ModelRecipe plain = new ModelRecipe(recipe.model().name(), recipe.model().options(), null);
      PlainLayers.openHead(model, RecipeModel.create(plain));
      return new RecipeWeights(recipe()).prepare(model);
    }
  }

  private StageRow measured(DoubleSupplier seconds) throws IOException {
    try (RunDirectory run = RunDirectory.open(target)) {
      Double oscillating = stage.kind() == LifeStage.Kind.QUANTIZE ? oscillating(run) : null;
      return new StageMeasurement(
              run, settings(), life.firstClasses().size(), life.attack(), output.err())
          .of(stage.folder(), stage.kind().key(), oscillating, seconds);
    }
  }

  private static Double oscillating(RunDirectory run) throws IOException {
    List<Series.Point> shares =
        RunHistory.read(run.metrics()).points("oscillation", "step", line -> line.get("share"));
    return shares.isEmpty() ? null : (Double) shares.get(shares.size() - 1).y();
  }

  /** What changes in a stage's recipe when the life is continued: where data are, where to run. */
  List<String> settings() {
    return PlaceOptions.settings(life.place().folder(), life.place().device());
  }

  /** Explains the network, once; what an earlier process computed is taken from the folder. */
  ExplainRun.Explained explained() throws IOException {
    if (explained == null) {
      explained = newlyExplained();
    }
    return explained;
  }

  private ExplainRun.Explained newlyExplained() throws IOException {
    try (RunDirectory run = RunDirectory.open(network.orElseThrow())) {
      return new ExplainRun(
              run,
              stage.explain().orElseThrow(),
              settings(),
              false,
              target.resolve("explain"),
              output)
          .complete();
    }
  }

  private StageRow explain(DoubleSupplier seconds) throws IOException {
    Files.createDirectories(target);
    Explanation explanation = explained().explanation();
    Path report = target.resolve("explain.html");
    explained().report().report(output.arguments()).write(report);
    RunResults.write(target, explanation.toJson(report));
    return StageRow.explained(
        stage.folder(),
        stage.kind().key(),
        seconds.getAsDouble(),
        explanation.modules().count(),
        explanation.modules().q());
  }

  private StageRow export(DoubleSupplier seconds) throws IOException {
    Files.createDirectories(target);
    Map<String, Object> results = new LinkedHashMap<>();
    List<ExportedFile> files = new ArrayList<>();
    try (RunDirectory run = RunDirectory.open(network.orElseThrow())) {
      for (String name : stage.formats()) {
        ExportFormat format = ExportFormat.valueOf(name.toUpperCase(Locale.ROOT));
        ExportedFile written =
            ExportCommand.write(run, format, target.resolve(format.fileName()), false);
        output.err().println("wrote " + written.file());
        files.add(written);
        results.put(name, written.toJson());
      }
    }
    RunResults.write(target, results);
    ExportedFile first = files.get(0);
    return StageRow.exported(
        stage.folder(),
        stage.kind().key(),
        seconds.getAsDouble(),
        target.relativize(first.file()).toString(),
        first.bytes());
  }
}
