package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.Variant;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Runs that train nothing, but look at the network of another run. */
public final class AnalysisKind implements RunKind<AnalysisRecipe> {
  /** Called by {@link java.util.ServiceLoader}. */
  public AnalysisKind() {}

  @Override
  public String name() {
    return "analysis";
  }

  @Override
  public Class<AnalysisRecipe> recipeType() {
    return AnalysisRecipe.class;
  }

  @Override
  public boolean claims(ObjectNode root) {
    return root.has("from") && !root.has("optimizer") && !root.has("model") && !root.has("axes");
  }

  @Override
  public AnalysisRecipe read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings) {
    Mapping root = Variant.of(document, quick).changed(changes).set(settings).root();
    return AnalysisRecipe.read(root, fallback);
  }

  @Override
  public Work prepare(AnalysisRecipe recipe, Path folder, Session session) throws IOException {
    try (Run source = Run.open(recipe.from())) {
      recipe.check(source.kind().network(source, recipe.settings()));
    }
    return new Looking(recipe, session);
  }

  private record Looking(AnalysisRecipe recipe, Session session) implements Work {
    @Override
    public Ended complete(Run run) throws IOException {
      long begin = System.nanoTime();
      try (Run source = Run.open(recipe.from())) {
        RunNetwork network =
            RunNetwork.open(source, recipe.settings(), false, run.directory(), session);
        Optional<ReportPart> shown =
            FollowUps.of(recipe.sections()).complete(network, session.stop());
        RunResults.put(run.directory(), "outcome", shown.isPresent() ? "COMPLETED" : "INTERRUPTED");
        RunResults.put(run.directory(), "seconds", (System.nanoTime() - begin) / 1e9);
        ReportPart part = shown.orElse(ReportPart.EMPTY);
        report(network, part).write(run.directory().report());
        JsonNode results = Json.MAPPER.valueToTree(RunResults.read(run.directory()));
        return new Ended(
            run.path(),
            shown.isPresent(),
            "",
            results,
            part.printed(),
            part,
            Optional.of(run.directory().report()));
      }
    }

    private Report report(RunNetwork network, ReportPart shown) throws IOException {
      Provenance made = network.provenance();
      return shown.report(
          recipe.name(),
          recipe.description(),
          recipe.toYaml(),
          Provenance.now(made.seed(), made.data(), made.configuration(), session.command()));
    }
  }

  @Override
  public Recipe network(Run run, List<String> settings) throws IOException {
    throw new UsageException(
        "the run in "
            + run.path()
            + " looks at the network of another one; give that one: "
            + from(run));
  }

  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) throws IOException {
    throw new UsageException("the run in " + run.path() + " has no weights of its own");
  }

  private static Path from(Run run) throws IOException {
    RunRecipe recipe = run.recipe(List.of());
    return ((AnalysisRecipe) recipe).from();
  }
}
