package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RecipeKind;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunPlace;
import io.github.steelyard.cli.run.Work;
import io.github.steelyard.incremental.IncrementalResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs that learn classes step by step by one strategy or several, each a run in the run's folder.
 */
public final class IncrementalKind implements RecipeKind {
  /** Called by {@link java.util.ServiceLoader}. */
  public IncrementalKind() {}

  @Override
  public String name() {
    return "incremental";
  }

  @Override
  public boolean claims(ObjectNode root) {
    return root.hasNonNull(IncrementalSection.KEY) && !root.has("axes") && !root.has("stages");
  }

  @Override
  public Work prepare(Recipe recipe, Path folder, Session session) throws IOException {
    if (IncrementalStudy.of(recipe).startsTrained()) {
      throw new UsageException(
          "this recipe begins with a network that was trained before, as a stage of a life: continue"
              + " the life, or add classes with steelyard extend");
    }
    return new Comparison(new IncrementalStudy(recipe, session.command()), session);
  }

  private record Comparison(IncrementalStudy study, Session session) implements Work {
    @Override
    public Recipe recipe() {
      return study.recipe();
    }

    @Override
    public Ended complete(Run run) throws IOException {
      StrategyKind kind = new StrategyKind();
      List<IncrementalResult> results = new ArrayList<>();
      for (String strategy : study.strategies()) {
        if (session.stop().isRequested()) {
          break;
        }
        StrategyWork work = new StrategyWork(study, strategy, session);
        new Engine(session)
            .run(
                kind,
                work.recipe(),
                RunPlace.continuing(run.path().resolve(strategy)),
                folder -> work);
        results.add(work.result());
      }
      return ended(run, results);
    }

    private Ended ended(Run run, List<IncrementalResult> results) throws IOException {
      List<IncrementalResult> measured =
          results.stream().filter(result -> !result.steps().isEmpty()).toList();
      if (!measured.isEmpty()) {
        IncrementalReport.of(recipe().name(), measured, recipe().toYaml(), study.provenance())
            .write(run.directory().report());
      }
      boolean isFinished =
          results.size() == study.strategies().size()
              && results.stream()
                  .allMatch(result -> result.steps().size() >= study.scenario().steps().size());
      Map<String, Object> values = toJson(run, results, isFinished);
      run.directory().writeResults(values);
      return new Ended(
          run.path(),
          isFinished,
          "",
          Json.MAPPER.valueToTree(values),
          IncrementalSummary.tables(
              results.stream().map(IncrementalSummary::new).toList(),
              study.scenario().steps().size()),
          ReportPart.EMPTY,
          measured.isEmpty() ? Optional.empty() : Optional.of(run.directory().report()));
    }

    private Map<String, Object> toJson(
        Run run, List<IncrementalResult> results, boolean isFinished) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("run", run.path().toString());
      values.put("outcome", isFinished ? "COMPLETED" : "INTERRUPTED");
      values.put("classes", study.scenario().classOrder().size());
      values.put("step_sizes", study.scenario().stepSizes());
      values.put("class_order", study.scenario().classOrder());
      Map<String, Object> byStrategy = new LinkedHashMap<>();
      results.forEach(
          result -> byStrategy.put(result.strategy(), new IncrementalSummary(result).toJson()));
      values.put("strategies", byStrategy);
      values.put("seconds", results.stream().mapToDouble(IncrementalSummary::seconds).sum());
      values.put("provenance", Json.MAPPER.convertValue(study.provenance(), Map.class));
      values.put("report", run.directory().report().toString());
      return values;
    }
  }

  @Override
  public Recipe network(Run run, List<String> settings) throws IOException {
    List<String> strategies = IncrementalStudy.of((Recipe) run.recipe(List.of())).strategies();
    throw new UsageException(
        "the run in "
            + run.path()
            + " learned class by class; give the folder of one of its strategies, such as "
            + run.path().resolve(strategies.get(0)));
  }

  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) {
    throw new UsageException("the run in " + run.path() + " compares strategies; give one of them");
  }
}
