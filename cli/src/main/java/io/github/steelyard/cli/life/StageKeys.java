package io.github.steelyard.cli.life;

import io.github.steelyard.cli.explain.ExplainRecipe;
import io.github.steelyard.cli.life.LifeStage.Kind;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.recipe.RecipeSections;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which keys a stage of a life takes.
 *
 * @param sections the sections that recipes can have
 */
record StageKeys(RecipeSections sections) {
  private static final List<String> TRAINING = List.of("data", "optimizer", "schedule", "train");
  private static final String INCREMENTAL = "incremental";

  /** The keys of stages of all kinds. */
  private Set<String> all() {
    Set<String> all = new TreeSet<>();
    for (Kind kind : Kind.values()) {
      all.addAll(of(kind));
    }
    return all;
  }

  /** Refuses every other key, and says of one of another kind that it has no meaning here. */
  void require(Mapping stage, Kind kind) {
    List<String> valid = of(kind);
    Set<String> elsewhere = all();
    elsewhere.addAll(sections.keys());
    elsewhere.removeAll(valid);
    for (String key : elsewhere) {
      if (stage.node().has(key)) {
        throw stage.error(
            key,
            "has no meaning in a stage '"
                + kind.key()
                + "', which takes "
                + String.join(", ", valid));
      }
    }
    List<String> known = new ArrayList<>(valid);
    known.add("kind");
    sections.requireKnown(stage, known);
  }

  /** What a stage takes. */
  List<String> of(Kind kind) {
    return switch (kind) {
      case TRAIN -> training("classes", "loss");
      case PRUNE -> with(training("loss"), sections.keysOf(Place.MASK));
      case QUANTIZE -> with(training("loss"), sections.keysOf(Place.QUANTIZE));
      case EXTEND -> with(training("classes"), List.of(INCREMENTAL));
      case EXPLAIN ->
          Arrays.stream(ExplainRecipe.class.getRecordComponents())
              .map(component -> Mapping.snakeCase(component.getName()))
              .toList();
      case EXPORT -> List.of("formats");
    };
  }

  /** Keys of every stage that trains. */
  private List<String> training(String... own) {
    List<String> keys = with(TRAINING, Arrays.asList(own));
    for (Place place : List.of(Place.COMPAND, Place.ADD, Place.NONE)) {
      keys.addAll(sections.keysOf(place));
    }
    keys.remove(INCREMENTAL);
    return keys;
  }

  private static List<String> with(List<String> some, List<String> more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }
}
