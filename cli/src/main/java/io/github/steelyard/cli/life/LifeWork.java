package io.github.steelyard.cli.life;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lives a life, or what is left of it, and reports it: a table and a chapter a stage. */
final class LifeWork implements Work {
  private static final String STAGES = "stages";

  private final LifeRecipe life;
  private final Session session;
  private final List<StageRow> rows = new ArrayList<>();
  private final List<LivedStage> lived = new ArrayList<>();

  LifeWork(LifeRecipe life, Session session) {
    this.life = life;
    this.session = session;
  }

  @Override
  public RunRecipe recipe() {
    return life;
  }

  @Override
  public RunRecipe continuing(RunRecipe written) {
    return life.isLonger(written) ? written : life;
  }

  @Override
  public Ended complete(Run run) throws IOException {
    JsonNode before = Json.MAPPER.valueToTree(RunResults.read(run.directory()));
    for (JsonNode row : before.path(STAGES)) {
      rows.add(Json.MAPPER.treeToValue(row, StageRow.class));
    }
    if (life.isLonger(run.recipe(List.of()))) {
      session.err().println("the life goes on with further stages; its recipe.yaml is replaced");
      run.goOnWith(life);
      run.directory().writeResults(toJson(run, false));
    }
    boolean isFinished = live(run);
    Map<String, Object> json = toJson(run, isFinished);
    run.directory().writeResults(json);
    Path report = run.directory().report();
    if (!lived.isEmpty()) {
      session.err().println("writing " + report);
      new LifeReport(life, lived, rows, session).report().write(report);
    }
    LifeTable table = new LifeTable(life, rows);
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put("", table.table());
    return new Ended(
        run.path(),
        isFinished,
        rows.size() < life.stages().size()
            ? "in stage " + life.stages().get(rows.size()).folder()
            : "",
        Json.MAPPER.valueToTree(json),
        tables,
        ReportPart.ofRows(table.sentences().stream().map(List::of).toList()),
        lived.isEmpty() ? Optional.empty() : Optional.of(report));
  }

  /** Whether it came to its end. */
  private boolean live(Run run) throws IOException {
    Optional<Path> network = life.weights().map(Path::of);
    for (LifeStage stage : life.stages()) {
      if (session.stop().isRequested()) {
        return false;
      }
      boolean isDone = stage.number() <= rows.size();
      Path folder = run.path().resolve(stage.folder());
      if (isDone) {
        session.err().println(stage.folder() + " is finished already");
      } else {
        session
            .err()
            .printf(
                "stage %d of %d: %s%n", stage.number(), life.stages().size(), stage.kind().key());
      }
      StageRun own = new StageRun(life, stage, folder, network, session);
      Optional<LivedStage> done =
          isDone ? Optional.of(own.lived(rows.get(stage.number() - 1))) : own.complete();
      if (done.isEmpty()) {
        return false;
      }
      lived.add(done.get());
      if (!isDone) {
        rows.add(done.get().row());
        run.directory().writeResults(toJson(run, false));
      }
      if (stage.kind().changesNetwork()) {
        network = Optional.of(folder);
      }
    }
    return true;
  }

  private Map<String, Object> toJson(Run run, boolean isFinished) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("run", run.path().toString());
    values.put("outcome", isFinished ? "COMPLETED" : "INTERRUPTED");
    List<Map<String, Object>> stages = new ArrayList<>();
    rows.forEach(row -> stages.add(Json.MAPPER.convertValue(row, new TypeReference<>() {})));
    values.put(STAGES, stages);
    Map<String, JsonNode> explanations = new LinkedHashMap<>();
    for (LivedStage stage : lived) {
      if (stage.stage().kind() == LifeStage.Kind.EXPLAIN) {
        explanations.put(stage.stage().folder(), stage.results().path("explain"));
      } else if (stage.stage().number() == 1) {
        values.put("provenance", stage.results().path("provenance"));
      }
    }
    values.put("explanations", explanations);
    values.put("seconds", rows.stream().mapToDouble(StageRow::seconds).sum());
    values.put("report", run.directory().report().toString());
    return values;
  }
}
