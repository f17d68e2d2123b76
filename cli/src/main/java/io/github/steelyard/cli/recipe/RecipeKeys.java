package io.github.steelyard.cli.recipe;

import java.text.Normalizer;
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

  /**
   * The key {@code name}: what a run's folder is called.
   *
   * @param root the recipe
   * @param fallback the name of a recipe that has none; accents are dropped, and what else a
   *     folder's name cannot have becomes a dash
   * @return letters, digits, dots, dashes and underscores
   * @throws RecipeException if the name has others
   */
  public static String name(Mapping root, String fallback) {
    String named = root.text("name", folderName(fallback));
    if (!named.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
      throw root.error(
          "name", "must be letters, digits, dots, dashes and underscores, but is '" + named + "'");
    }
    return named;
  }

  private static String folderName(String file) {
    String plain = Normalizer.normalize(file, Normalizer.Form.NFKD).replaceAll("\\p{M}", "");
    String name = plain.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^[^A-Za-z0-9]+|-+$", "");
    return name.isEmpty() ? "recipe" : name.substring(0, Math.min(name.length(), 100));
  }

  /**
   * The key {@code device}: where to compute.
   *
   * @param root the recipe
   * @return {@code cpu}, {@code cuda} or {@code cuda:N}
   * @throws RecipeException if it is something else
   */
  public static String device(Mapping root) {
    String device = root.text("device", "cpu");
    if (!device.matches("cpu|cuda(:\\d{1,3})?")) {
      throw root.error("device", "must be cpu, cuda or cuda:N, but is '" + device + "'");
    }
    return device;
  }
}
