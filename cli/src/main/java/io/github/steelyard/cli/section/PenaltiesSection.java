package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.train.Penalty;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The section {@code penalties}: what is asked of the weights themselves, besides the loss. */
public final class PenaltiesSection implements RecipeSection<PenaltiesRecipe> {
  private static final String KEY = "penalties";

  /** Called by {@link java.util.ServiceLoader}. */
  public PenaltiesSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.NONE;
  }

  @Override
  public PenaltiesRecipe read(Mapping section) {
    return PenaltiesRecipe.read(section);
  }

  @Override
  public Object write(PenaltiesRecipe configuration) {
    return configuration.toTree();
  }

  @Override
  public void check(PenaltiesRecipe configuration, Recipe recipe, Mapping section) {
    configuration.check(recipe, section);
  }

  @Override
  public Map<String, Penalty> penalties(PenaltiesRecipe configuration, TrainingSetup setup) {
    return configuration.penalties(setup);
  }

  /** What they were at the end of each epoch, as parts of the loss. */
  @Override
  public ReportPart followUp(PenaltiesRecipe configuration, TrainedNetwork network)
      throws IOException {
    List<Series> curves = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    Map<String, Object> last = new LinkedHashMap<>();
    for (String name : configuration.penalties().keySet()) {
      List<Series.Point> points =
          network.history().points("epoch", "epoch", line -> line.get("penalty." + name));
      if (!points.isEmpty()) {
        double value = points.get(points.size() - 1).y();
        curves.add(new Series(name, curves.size(), false, points));
        rows.add(List.of("penalty " + name + " at the end", Numbers.brief(value)));
        last.put(name, value);
      }
    }
    if (curves.isEmpty()) {
      return ReportPart.EMPTY;
    }
    network.results(KEY).saveAll(last);
    Plot plot =
        new Plot(
            "Penalties",
            "What each penalty adds to the loss, in the last step of each epoch.",
            "epoch",
            "loss",
            Plot.Kind.LINE,
            false,
            curves);
    return new ReportPart(rows, Map.of(), List.of(plot), Map.of(), List.of(), Optional.empty());
  }
}
