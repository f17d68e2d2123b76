package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.LocalLipschitz;
import io.github.steelyard.robust.ThreatModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The section {@code attack}: how robust the trained network is. */
public final class AttackSection implements RecipeSection<AttackRecipe> {
  private static final String KEY = "attack";
  private static final long SEED = 0;

  /** Called by {@link java.util.ServiceLoader}. */
  public AttackSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.AFTER;
  }

  @Override
  public AttackRecipe read(Mapping section) {
    return AttackRecipe.read(section);
  }

  @Override
  public void check(AttackRecipe configuration, Recipe recipe, Mapping section) {
    if (configuration.epsilon() == null && recipe.loss().adversarial().isEmpty()) {
      throw AttackRecipe.needsEpsilon(section);
    }
  }

  /** That of the section or, where it has none, of the adversarial training. */
  private static double epsilon(AttackRecipe configuration, Recipe recipe) {
    return Optional.ofNullable(configuration.epsilon())
        .or(() -> recipe.loss().adversarial().map(AdversarialConfiguration::epsilon))
        .orElseThrow(
            () ->
                new UsageException(
                    "attack.epsilon is missing, and the network was not trained against attacks"));
  }

  @Override
  public ReportPart followUp(AttackRecipe configuration, TrainedNetwork network)
      throws IOException {
    Results results = network.results(KEY);
    DataLoader data = network.data(configuration.samples());
    double epsilon = epsilon(configuration, network.recipe());
    boolean same =
        results.get("description").asText().equals(configuration.chosen().describe())
            && results.get("epsilon").asDouble() == epsilon
            && results.get("samples").asLong() == data.dataset().size();
    if (same) {
      return shown(configuration, network);
    }
    network.err().println("attacking the network");
    ThreatModel threat = Robustness.threat(configuration.norm(), epsilon, network.domain());
    Robustness measured =
        Robustness.measure(
            network.model(),
            data,
            network.device(),
            configuration.chosen(),
            threat,
            SEED,
            network.err(),
            network::heedStop);
    measured.warn(network.err());
    Map<String, Object> values = new LinkedHashMap<>(measured.toJson());
    values.put(
        "local_lipschitz",
        LocalLipschitz.estimate(network.model(), data, network.domain(), network.device()));
    results.saveAll(values);
    return shown(configuration, network);
  }

  private static ReportPart shown(AttackRecipe configuration, TrainedNetwork network)
      throws IOException {
    JsonNode measured = network.results(KEY).all();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("clean accuracy of attacked samples", percent(measured, "clean_accuracy")));
    measured
        .path("accuracies")
        .properties()
        .forEach(
            entry ->
                rows.add(
                    List.of(
                        "accuracy under " + entry.getKey(),
                        Numbers.percent(entry.getValue().asDouble()))));
    rows.add(List.of("worst case", percent(measured, "worst_case")));
    rows.add(
        List.of(
            "protocol",
            measured.path("description").asText()
                + "; "
                + configuration.norm()
                + ", epsilon "
                + Numbers.brief(measured.path("epsilon").asDouble())
                + ", "
                + measured.path("samples").asLong()
                + " samples, seed "
                + measured.path("seed").asLong()));
    ThreatModel threat =
        Robustness.threat(
            configuration.norm(), epsilon(configuration, network.recipe()), network.domain());
    return new ReportPart(
        rows,
        Map.of(),
        List.of(),
        Map.of(),
        AdversarialPictures.of(network.model(), network.data(0), network.device(), threat, SEED),
        Optional.empty());
  }

  private static String percent(JsonNode measured, String key) {
    return Numbers.percent(measured.path(key).asDouble(Double.NaN));
  }
}
