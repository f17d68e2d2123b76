package io.github.steelyard.cli.recipe;

import java.util.List;
import java.util.stream.Stream;

/** The keys at the top of recipes that are no sections of methods. */
final class RecipeKeys {
  /** What every recipe may say of itself. */
  static final List<String> OWN = List.of("name", "description", "seed", "device", "quick");

  /** What a training is made of. */
  static final List<String> TRAINING =
      List.of("from", "model", "data", "loss", "optimizer", "schedule", "train");

  /** Of lives, their stages and studies. */
  private static final List<String> OTHERS =
      List.of(
          "stages",
          "kind",
          "classes",
          "recipe",
          "seeds",
          "axes",
          "measures",
          "parts",
          "plot",
          "baseline",
          "start",
          "reproduces");

  /** All keys that no section can have. */
  static final List<String> ALL = all();

  private RecipeKeys() {}

  private static List<String> all() {
    return Stream.of(OWN, TRAINING, OTHERS).flatMap(List::stream).toList();
  }
}
