package com.example.deadunits;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.nn.ModelTransform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Lets recipes have a section {@code dead_units}. */
public final class DeadUnitsSection implements RecipeSection<DeadUnits> {
  private static final String UNITS = "units";

  /** Called by {@link java.util.ServiceLoader}. */
  public DeadUnitsSection() {}

  @Override
  public String key() {
    return "dead_units";
  }

  @Override
  public Place place() {
    return Place.AFTER;
  }

  @Override
  public DeadUnits read(Mapping section) {
    return section.read(new DeadUnits(List.of("hidden1"), 0), "taps");
  }

  // Nothing changes, but a tap that is not there should be told before the training, not after it.
  @Override
  public ModelTransform transform(DeadUnits configuration) {
    return model -> {
      configuration.requireTaps(model);
      return model;
    };
  }

  @Override
  public ReportPart followUp(DeadUnits configuration, TrainedNetwork network) throws IOException {
    Results results = network.results(key());
    if (!results.has(UNITS)) {
      network.err().println("counting units that are never active");
      results.save(
          UNITS,
          configuration.count(
              network.model(), network.data(configuration.samples()), network.device()));
    }
    return shown(results.get(UNITS));
  }

  private static ReportPart shown(JsonNode units) {
    long dead = 0;
    long all = 0;
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<String, JsonNode> tap : units.properties()) {
      long own = tap.getValue().path("dead").asLong();
      long of = tap.getValue().path("all").asLong();
      rows.add(List.of(tap.getKey(), String.valueOf(own), String.valueOf(of)));
      dead += own;
      all += of;
    }
    String share = Numbers.percent(dead / (double) all);
    return ReportPart.ofRows(List.of(List.of("dead units", dead + " of " + all + ", " + share)))
        .and(
            ReportPart.ofTables(
                Map.of("Dead units", new Table(List.of("Activation", "Dead", "Units"), rows))));
  }
}
