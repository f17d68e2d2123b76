package io.github.steelyard.cli.recipe;

import java.util.List;
import java.util.stream.Stream;

/** The keys at the top of recipes that are no sections of methods. */
public final class RecipeKeys {
  /** What every recipe may say of itself. */
  static final List<String> OWN = List.of("name", "description", "seed", "device", "quick");

  /** What a training is made of. */
  static final List<String> TRAINING =
      List.of("from", "model", "data", "loss", "optimizer", "schedule", "train");

  /** What a study says. */
  public static final List<String> STUDY =
      List.of(
          "name",
          "description",
          "recipe",
          "seeds",
          "axes",
          "measures",
          "parts",
          "plot",
          "baseline",
          "start",
          "start_per_seed",
          "reproduces",
          "quick");

  /** Of lives and their stages. */
  private static final List<String> LIFE = List.of("stages", "kind", "classes");

  /** All keys that no section can have. */
  static final List<String> ALL = all();

  private RecipeKeys() {}

  private static List<String> all() {
    return Stream.of(OWN, TRAINING, LIFE, STUDY).flatMap(List::stream).distinct().toList();
  }
}
