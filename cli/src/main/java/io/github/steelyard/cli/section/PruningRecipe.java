package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.robust.PruningConfiguration.Ranking;
import io.github.steelyard.robust.ScorePruningConfiguration;
import io.github.steelyard.robust.StructuredPruningConfiguration;
import java.util.List;
import java.util.Optional;

/**
 * How a recipe prunes its model.
 *
 * @param weights which weights become zero; empty for none
 * @param beginEpoch the epoch, counted from 0, before which it prunes first; may lie within one
 * @param endEpoch the epoch before which it prunes last, at least {@code beginEpoch}; equal for one
 *     shot, later for the cubic schedule
 * @param every optimizer steps between prunings of the cubic schedule, at least 1
 * @param filters which filters are removed before the first step; empty for none
 * @param scores which weights learned scores choose from the first step on; empty where magnitude
 *     does. All else is then empty
 * @param finetuneEpoch the epoch from which the scores' choice is fixed and the weights that stay
 *     are trained; empty for none
 */
public record PruningRecipe(
    Optional<PruningConfiguration> weights,
    double beginEpoch,
    double endEpoch,
    int every,
    Optional<StructuredPruningConfiguration> filters,
    Optional<ScorePruningConfiguration> scores,
    Optional<Double> finetuneEpoch) {

  /** What decides which weights stay. */
  private enum By {
    MAGNITUDE,
    SCORES
  }

  /** Which of the two. */
  private record Choice(By by) {}

  /** What stands in the section itself, where scores decide. */
  private record Scores(
      By by, Double keep, List<String> layers, List<String> except, Double finetuneEpoch) {}

  /** What stands in the section itself. */
  private record Own(
      By by,
      Double sparsity,
      Double keep,
      Ranking ranking,
      List<String> layers,
      List<String> except,
      double beginEpoch,
      Double endEpoch,
      int every) {}

  static PruningRecipe read(Mapping section) {
    By by = section.only("by").read(Choice.class, new Choice(By.MAGNITUDE)).by();
    return by == By.SCORES ? byScores(section) : byMagnitude(section);
  }

  private static PruningRecipe byScores(Mapping section) {
    for (String other :
        List.of("sparsity", "ranking", "begin_epoch", "end_epoch", "every", "filters")) {
      if (section.has(other)) {
        throw section.error(other, "cannot stand beside by: scores: " + reason(other));
      }
    }
    Scores own =
        // Null, by which a study takes a key out, stands for no key.
        section
            .without("sparsity", "ranking", "begin_epoch", "end_epoch", "every", "filters")
            .read(Scores.class, new Scores(By.SCORES, null, List.of("*"), List.of(), null));
    if (own.keep() == null) {
      throw section.error(
          "", "needs the key 'keep', such as keep: 0.1 for a tenth of each layer's weights");
    }
    ScorePruningConfiguration scores =
        section.checked(
            "keep", () -> new ScorePruningConfiguration(own.keep(), own.layers(), own.except()));
    return new PruningRecipe(
        Optional.empty(),
        0,
        0,
        1,
        Optional.empty(),
        Optional.of(scores),
        Optional.ofNullable(own.finetuneEpoch()));
  }

  private static String reason(String key) {
    return switch (key) {
      case "sparsity" -> "the share of weights that stays is the key 'keep'";
      case "ranking" -> "they choose within each layer";
      case "filters" -> "they choose single weights; remove filters in a run before, or use gates";
      default ->
          "they choose from the first step on, and finetune_epoch says when that ends; train before"
              + " in another run, which the key 'from' names";
    };
  }

  private static PruningRecipe byMagnitude(Mapping section) {
    if (section.has("finetune_epoch")) {
      throw section.error(
          "finetune_epoch",
          "needs by: scores; by magnitude the weights left are trained on after end_epoch");
    }
    if (section.has("keep") && section.has("sparsity")) {
      throw section.error("keep", "cannot stand beside sparsity, which is 1 - keep; give one");
    }
    Own own =
        section
            .without("finetune_epoch")
            .read(
                Own.class,
                new Own(
                    By.MAGNITUDE, null, null, Ranking.GLOBAL, List.of("*"), List.of(), 0, null, 10),
                "filters");
    Double sparsity =
        own.keep() == null
            ? own.sparsity()
            : section.checked("keep", () -> 1 - ScorePruningConfiguration.of(own.keep()).keep());
    if (sparsity == null && !section.has("filters")) {
      throw section.error("", "needs the key 'sparsity', such as sparsity: 0.9, or 'filters'");
    }
    double end = own.endEpoch() == null ? own.beginEpoch() : own.endEpoch();
    if (own.every() < 1) {
      throw section.error("every", "must be at least 1 step, but is " + own.every());
    }
    Optional<PruningConfiguration> weights =
        sparsity == null
            ? Optional.empty()
            : Optional.of(
                section.checked(
                    "sparsity",
                    () ->
                        new PruningConfiguration(
                            sparsity, own.ranking(), own.layers(), own.except())));
    return new PruningRecipe(
        weights,
        own.beginEpoch(),
        end,
        own.every(),
        filters(section),
        Optional.empty(),
        Optional.empty());
  }

  /** Refuses epochs that the training has not. */
  void check(Mapping section, int epochs) {
    if (finetuneEpoch.isPresent() && !(finetuneEpoch.get() > 0 && finetuneEpoch.get() < epochs)) {
      throw section.error(
          "finetune_epoch",
          "must be above 0 and below train.epochs, which is "
              + epochs
              + ", but is "
              + finetuneEpoch.get());
    }
    if (!(beginEpoch >= 0 && beginEpoch < epochs)) {
      throw section.error(
          "begin_epoch",
          "must be from 0 to below train.epochs, which is " + epochs + ", but is " + beginEpoch);
    }
    if (!(endEpoch >= beginEpoch && endEpoch < epochs)) {
      throw section.error(
          "end_epoch",
          "must be from begin_epoch to below train.epochs, which is "
              + epochs
              + ", but is "
              + endEpoch);
    }
  }

  private static Optional<StructuredPruningConfiguration> filters(Mapping section) {
    if (!section.has("filters")) {
      return Optional.empty();
    }
    Mapping below = section.section("filters");
    if (!below.has("rate")) {
      throw below.error("", "needs the key 'rate', such as rate: 0.5");
    }
    return Optional.of(
        below.read(StructuredPruningConfiguration.class, StructuredPruningConfiguration.of(0.5)));
  }

  /**
   * Which weights became zero, as if magnitude had chosen them.
   *
   * @return empty if only filters were removed
   */
  public Optional<PruningConfiguration> zeros() {
    return scores
        .map(
            own ->
                new PruningConfiguration(1 - own.keep(), Ranking.LAYER, own.layers(), own.except()))
        .or(() -> weights);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    scores.ifPresent(
        own -> {
          tree.put("by", "scores");
          tree.setAll((ObjectNode) Mapping.MAPPER.valueToTree(own));
        });
    finetuneEpoch.ifPresent(epoch -> tree.put("finetune_epoch", epoch));
    weights.ifPresent(own -> tree.setAll((ObjectNode) Mapping.MAPPER.valueToTree(own)));
    if (weights.isPresent()) {
      tree.put("begin_epoch", beginEpoch).put("end_epoch", endEpoch).put("every", every);
    }
    filters.ifPresent(own -> tree.set("filters", Mapping.MAPPER.valueToTree(own)));
    return tree;
  }
}
