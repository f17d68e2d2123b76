package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.StoppedException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunKind;
import io.github.steelyard.cli.run.RunPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * One stage of a life, a run in a folder of its own.
 *
 * @param life the whole life
 * @param stage the stage
 * @param folder its folder
 * @param network the folder of the stage that the network is from, or a safetensors file; empty if
 *     there is no network yet
 * @param session before whom
 */
record StageRun(
    LifeRecipe life, LifeStage stage, Path folder, Optional<Path> network, Session session) {

  /**
   * Does what is missing and measures what came out.
   *
   * @return empty if the person stopped it, before or after its work
   * @throws IOException if files cannot be read or written
   */
  Optional<LivedStage> complete() throws IOException {
    long begin = System.nanoTime();
    Ended ended = run();
    if (!ended.isFinished() || session.stop().isRequested()) {
      return Optional.empty(); // What it has is kept; it is measured when the life goes on.
    }
    try {
      StageRow row = row(ended, () -> (System.nanoTime() - begin) / 1e9);
      return Optional.of(lived(ended, row));
    } catch (StoppedException e) {
      return Optional.empty();
    }
  }

  /**
   * The stage as it was finished before.
   *
   * @param row what was measured then
   */
  LivedStage lived(StageRow row) throws IOException {
    return lived(run(), row);
  }

  private LivedStage lived(Ended ended, StageRow row) {
    return new LivedStage(stage, folder, row, ended.results(), ended.shown());
  }

  private Ended run() throws IOException {
    RunPlace place = RunPlace.continuing(folder);
    Engine engine = new Engine(session);
    if (stage.isAnalysis()) {
      return engine.run(stage.analysis(network.orElseThrow(), where()), place);
    }
    Recipe own = stage.recipe().orElseThrow();
    boolean isFresh = stage.kind() == LifeStage.Kind.TRAIN || network.isEmpty();
    Recipe recipe = isFresh ? own : own.withFrom(network.get());
    RunKind<Recipe> kind = stage.runKind();
    return engine.run(kind, recipe, place, target -> kind.prepare(recipe, target, session));
  }

  private StageRow row(Ended ended, DoubleSupplier seconds) throws IOException {
    return switch (stage.kind()) {
      case EXPLAIN -> explained(ended.results().path("explain"), seconds);
      case EXPORT -> exported(ended.results().path("export"), seconds);
      default -> measured(seconds);
    };
  }

  private StageRow measured(DoubleSupplier seconds) throws IOException {
    try (Run run = Run.open(folder)) {
      return new StageMeasurement(run, where(), life.firstClasses().size(), life.attack(), session)
          .of(stage.folder(), stage.kind().key(), oscillating(run), seconds);
    }
  }

  private Double oscillating(Run run) throws IOException {
    if (stage.kind() != LifeStage.Kind.QUANTIZE) {
      return null;
    }
    List<Series.Point> shares =
        RunHistory.read(run.directory().metrics())
            .points("oscillation", "step", line -> line.get("share"));
    return shares.isEmpty() ? null : (Double) shares.get(shares.size() - 1).y();
  }

  /** What changes in a stage's recipe when the life is continued: where data are, where to run. */
  List<String> where() {
    return life.stages().get(0).recipe().orElseThrow().where();
  }

  private StageRow explained(JsonNode results, DoubleSupplier seconds) {
    return StageRow.explained(
        stage.folder(),
        stage.kind().key(),
        seconds.getAsDouble(),
        results.path("modules").asInt(),
        results.path("modularity").asDouble());
  }

  private StageRow exported(JsonNode results, DoubleSupplier seconds) {
    JsonNode first = results.path(stage.formats().get(0));
    Path file = Path.of(first.path("file").asText());
    return StageRow.exported(
        stage.folder(),
        stage.kind().key(),
        seconds.getAsDouble(),
        folder.relativize(file).toString(),
        first.path("bytes").asLong());
  }
}
