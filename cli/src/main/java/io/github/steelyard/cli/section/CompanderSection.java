package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.LoggedWeights;
import io.github.steelyard.compander.CompandWeights;
import io.github.steelyard.compander.CompanderConfiguration;
import io.github.steelyard.compander.CompanderTracking;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Callback;
import java.io.IOException;
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
  public Map<String, Callback> watchers(CompanderConfiguration configuration, TrainingSetup setup) {
    return Map.of("compander", new CompanderTracking(setup.recipe().train().logEvery()));
  }

  @Override
  public ReportPart followUp(CompanderConfiguration configuration, TrainedNetwork network)
      throws IOException {
    return ReportPart.ofFigures(LoggedWeights.of(network.history()).companders());
  }
}
