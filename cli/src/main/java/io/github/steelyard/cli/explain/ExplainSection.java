package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.Results;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The section {@code explain}: what happens inside the trained network. */
public final class ExplainSection implements RecipeSection<ExplainRecipe> {
  private static final String KEY = "explain";

  /** Called by {@link java.util.ServiceLoader}. */
  public ExplainSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.AFTER;
  }

  @Override
  public ExplainRecipe read(Mapping section) {
    return section.read(ExplainRecipe.defaults());
  }

  @Override
  public ReportPart followUp(ExplainRecipe how, TrainedNetwork network) throws IOException {
    Path folder = network.folder().path();
    network.err().println("explaining the network");
    ExplainRun.Explained explained = new ExplainRun(network, how, folder.resolve(KEY)).complete();
    Path report = folder.resolve("explain.html");
    explained.report().report(network.provenance().command()).write(report);
    ShownExplanation explanation = explained.explanation();
    Results results = network.results(KEY);
    results.saveAll(explanation.toJson(report));
    return new ReportPart(
        explanation.sentences().stream().map(text -> List.of(KEY, text)).toList(),
        new LinkedHashMap<>(Map.of("Layers", explanation.table())),
        explanation.comparison().plots(),
        Map.of(),
        List.of(),
        Optional.of(explained.report().graph()));
  }
}
