package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.robust.PruningConfiguration.Ranking;
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
 */
public record PruningRecipe(
    Optional<PruningConfiguration> weights,
    double beginEpoch,
    double endEpoch,
    int every,
    Optional<StructuredPruningConfiguration> filters) {

  /** What stands in the section itself. */
  private record Own(
      Double sparsity,
      Ranking ranking,
      List<String> layers,
      List<String> except,
      double beginEpoch,
      Double endEpoch,
      int every) {}

  static PruningRecipe read(Mapping section) {
    Own own =
        section.read(
            Own.class,
            new Own(null, Ranking.GLOBAL, List.of("*"), List.of(), 0, null, 10),
            "filters");
    if (own.sparsity() == null && !section.has("filters")) {
      throw section.error("", "needs the key 'sparsity', such as sparsity: 0.9, or 'filters'");
    }
    double end = own.endEpoch() == null ? own.beginEpoch() : own.endEpoch();
    if (own.every() < 1) {
      throw section.error("every", "must be at least 1 step, but is " + own.every());
    }
    Optional<PruningConfiguration> weights =
        own.sparsity() == null
            ? Optional.empty()
            : Optional.of(
                section.checked(
                    "sparsity",
                    () ->
                        new PruningConfiguration(
                            own.sparsity(), own.ranking(), own.layers(), own.except())));
    return new PruningRecipe(weights, own.beginEpoch(), end, own.every(), filters(section));
  }

  /** Refuses epochs that the training has not. */
  void check(Mapping section, int epochs) {
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

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    weights.ifPresent(own -> tree.setAll((ObjectNode) Mapping.MAPPER.valueToTree(own)));
    if (weights.isPresent()) {
      tree.put("begin_epoch", beginEpoch).put("end_epoch", endEpoch).put("every", every);
    }
    filters.ifPresent(own -> tree.set("filters", Mapping.MAPPER.valueToTree(own)));
    return tree;
  }
}
