package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.LoggedWeights;
import io.github.steelyard.compander.CompandWeights;
import io.github.steelyard.compander.CompandedShares;
import io.github.steelyard.compander.CompanderConfiguration;
import io.github.steelyard.compander.CompanderParts;
import io.github.steelyard.compander.CompanderTracking;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Callback;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The section {@code compander}: weights as a bounded function of what is trained. */
public final class CompanderSection implements RecipeSection<CompanderConfiguration> {
  /** Called by {@link java.util.ServiceLoader}. */
  public CompanderSection() {}

  @Override
  public String key() {
    return "compander";
  }

  @Override
  public Place place() {
    return Place.COMPAND;
  }

  @Override
  public CompanderConfiguration read(Mapping section) {
    return CompanderRecipe.read(section);
  }

  @Override
  public Object write(CompanderConfiguration configuration) {
    return CompanderRecipe.toTree(configuration);
  }

  /** Each weight keeps its value where that is possible. */
  @Override
  public Module prepare(CompanderConfiguration configuration, Module model, TrainingSetup setup) {
    return new CompandWeights(configuration).apply(model);
  }

  @Override
  public Module restore(
      CompanderConfiguration configuration, Module model, Map<String, Tensor> state) {
    return CompandWeights.forStateDict(configuration).apply(model);
  }

  @Override
  public Map<String, Callback> callbacks(
      CompanderConfiguration configuration, TrainingSetup setup) {
    return configuration.isWhole() ? Map.of() : Map.of("compander_parts", new CompanderParts());
  }

  @Override
  public Map<String, Callback> watchers(CompanderConfiguration configuration, TrainingSetup setup) {
    return Map.of("compander", new CompanderTracking(setup.recipe().train().logEvery()));
  }

  @Override
  public ReportPart followUp(CompanderConfiguration configuration, TrainedNetwork network)
      throws IOException {
    CompandedShares shares = CompandedShares.of(network.model());
    network.results(key()).saveAll(shares.byName());
    return ReportPart.ofRows(
            List.of(
                List.of("weights below a / 20", Numbers.percent(shares.nearZero())),
                List.of("weights above 0.99 of the limit", Numbers.percent(shares.atLimit()))))
        .and(ReportPart.ofFigures(LoggedWeights.of(network.history()).companders()));
  }
}
