package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.robust.ConditionNumberConstraint;
import io.github.steelyard.robust.GatesConfiguration;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.robust.LogDeterminantPenalty;
import io.github.steelyard.robust.OrthogonalityPenalty;
import io.github.steelyard.robust.TransformedL1Penalty;
import io.github.steelyard.robust.TransformedSparseConfiguration;
import io.github.steelyard.robust.TransformedSparseConstraint;
import io.github.steelyard.train.Penalty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What a recipe asks of the weights themselves, besides the loss.
 *
 * @param penalties their settings by their keys: {@code tsc}, {@code cnc}, {@code transformed_l1},
 *     {@code log_condition}, {@code l1}, {@code orthogonality}
 */
public record PenaltiesRecipe(Map<String, Record> penalties) {
  private static final String TSC = "tsc";
  private static final String CNC = "cnc";
  private static final Map<String, Kind<?>> KINDS = kinds();

  /** Settings of which the required ones have no default that suits every model. */
  private record Kind<R extends Record>(
      Class<R> type,
      R example,
      List<String> required,
      BiFunction<R, TrainingSetup, Penalty> maker) {
    Record read(Mapping section) {
      return section.readWith(required, example);
    }

    Penalty penalty(Record settings, TrainingSetup setup) {
      return maker.apply(type.cast(settings), setup);
    }
  }

  private static Map<String, Kind<?>> kinds() {
    Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    kinds.put(
        TSC,
        new Kind<>(
            TransformedSparseConfiguration.class,
            TransformedSparseConfiguration.defaults(),
            List.of(),
            (own, setup) -> new TransformedSparseConstraint(own, setup.samples())));
    kinds.put(
        CNC,
        new Kind<>(
            ConditionNumberConstraint.class,
            ConditionNumberConstraint.of(1),
            List.of(),
            PenaltiesRecipe::ofSeveralClasses));
    kinds.put(
        "transformed_l1", ofStrength(TransformedL1Penalty.class, TransformedL1Penalty.of(1e-4)));
    kinds.put(
        "log_condition", ofStrength(LogDeterminantPenalty.class, LogDeterminantPenalty.of(1e-4)));
    kinds.put("l1", ofStrength(L1Penalty.class, L1Penalty.of(1e-4)));
    kinds.put(
        "orthogonality", ofStrength(OrthogonalityPenalty.class, OrthogonalityPenalty.of(1e-4)));
    return Collections.unmodifiableMap(kinds);
  }

  private static <P extends Record & Penalty> Kind<P> ofStrength(Class<P> type, P example) {
    return new Kind<>(type, example, List.of("strength"), (own, setup) -> own);
  }

  /** Whether there is one class is known when the data are. */
  private static Penalty ofSeveralClasses(ConditionNumberConstraint own, TrainingSetup setup) {
    Integer classes = setup.recipe().model().options().classes();
    if (own.layers().isEmpty() && classes != null && classes == 1) {
      throw new IllegalArgumentException(
          "penalties.cnc has no meaning for a model of one class: a single row has no condition"
              + " number; leave the key out, or name other layers");
    }
    return own;
  }

  /**
   * Copies the map.
   *
   * @param penalties by their keys
   */
  public PenaltiesRecipe {
    penalties = Collections.unmodifiableMap(new LinkedHashMap<>(penalties));
  }

  static PenaltiesRecipe read(Mapping section) {
    section.allowOnly(KINDS.keySet());
    Map<String, Record> penalties = new LinkedHashMap<>();
    KINDS.forEach(
        (key, kind) -> {
          if (section.has(key)) {
            penalties.put(key, kind.read(section.section(key).withFractions("epsilon")));
          }
        });
    return new PenaltiesRecipe(penalties);
  }

  /** Refuses what has no meaning in a recipe. */
  void check(Recipe recipe, Mapping section) {
    if (!(penalties.get(TSC) instanceof TransformedSparseConfiguration tsc)) {
      return;
    }
    if (recipe.section(GatesConfiguration.class).isEmpty()) {
      throw section.error(
          TSC,
          "needs the section 'gates', such as gates: {}: it charges each gate what its channel"
              + " costs; for weights without gates there is transformed_l1");
    }
    double decay = recipe.optimizer().weightDecay();
    if (tsc.weightDecay() > 0 && decay > 0) {
      throw section
          .section(TSC)
          .error(
              "weight_decay",
              "is "
                  + tsc.weightDecay()
                  + " and optimizer.weight_decay is "
                  + decay
                  + ", so that weights would decay twice; set optimizer.weight_decay to 0, as the"
                  + " authors have it");
    }
  }

  /** The penalties of a training. */
  Map<String, Penalty> penalties(TrainingSetup setup) {
    Map<String, Penalty> made = new LinkedHashMap<>();
    penalties.forEach((key, settings) -> made.put(key, KINDS.get(key).penalty(settings, setup)));
    return made;
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    penalties.forEach((key, settings) -> tree.set(key, Mapping.MAPPER.valueToTree(settings)));
    return tree;
  }
}
