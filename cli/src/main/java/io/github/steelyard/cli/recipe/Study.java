package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A grid of runs: one recipe, changed in every combination of the values of some axes, with several
 * seeds. Read from YAML as strictly as a recipe.
 *
 * <pre>
 * recipe: compander-mlp.yaml       # beside this file
 * seeds: [0, 1, 2]
 * axes:
 *   variant:
 *     none: {compander: null}
 *     dropout: {compander: null, model: {dropout: 0.3}}
 *   images:
 *     1000: {data: {train_samples: 1000}}
 * </pre>
 *
 * <p>Other keys: {@code name} and {@code description}; {@code command}, which runs each recipe
 * ({@code train} if not given; {@code life} if it has stages), and {@code options}, a mapping of
 * its further options; {@code measures}, a mapping of a column's name to the place of its number in
 * a run's {@code results.json} ({@code accuracy: metrics.accuracy} if not given); {@code baseline},
 * a mapping of axes to the value that others are compared with; {@code parts}, a mapping like
 * {@code measures} of numbers that a run has for each of its parts, with {@code *} for the parts'
 * names ({@code condition: pruning.spectra.layers.*.effective_condition_number}); {@code plot},
 * whose {@code x} names an axis of numbers that measures are drawn over; {@code from}, a recipe
 * beside the study that is trained once and given to every run's command with {@code --from};
 * {@code reproduces}, what it tells about papers ({@link Reproduction}); and {@code quick}, which
 * replaces keys. In the place of a measure, {@code {strategy}} stands for the run's value of the
 * axis {@code strategy}.
 */
public final class Study {
  private static final List<String> KEYS =
      List.of(
          "name",
          "description",
          "recipe",
          "command",
          "options",
          "seeds",
          "axes",
          "measures",
          "parts",
          "plot",
          "baseline",
          "from",
          "reproduces",
          "quick");

  /** As long as a recipe's name may be. */
  private static final int LONGEST_NAME = 100;

  private final String name;
  private final String description;
  private final Path file;
  private final YamlDocument base;
  private final boolean quick;
  private final String command;
  private final Map<String, String> options;
  private final List<Long> seeds;
  private final StudyAxes axes;
  private final ResultPlaces measures;
  private final ResultPlaces parts;
  private final Optional<String> x;
  private final Map<String, String> baseline;
  private final Optional<Path> from;
  private final Optional<Reproduction> reproduction;

  private Study(Path file, Section root, String name, boolean quick) throws IOException {
    this.file = file;
    this.quick = quick;
    root.allowOnly(KEYS);
    this.name = root.text("name", name);
    if (!this.name.matches(StudyAxes.LABEL)) {
      throw root.error("name", "must be letters, digits, dots, dashes and underscores");
    }
    description = root.text("description", "");
    Path recipe = file.resolveSibling(root.requiredText("recipe", "demo.yaml"));
    base = readBase(root, recipe);
    command = root.text("command", "train");
    if (base.root().has("stages") != command.equals("life")) {
      throw root.error(
          "command",
          base.root().has("stages")
              ? "must be life, as the recipe " + recipe + " has stages"
              : "cannot be life: the recipe " + recipe + " has no stages");
    }
    options = root.texts("options");
    seeds = seeds(root);
    axes = StudyAxes.read(root);
    measures = ResultPlaces.measures(root, axes);
    parts = ResultPlaces.parts(root, axes);
    x = axes.numbers(root.section("plot"), "x");
    baseline = axes.values(root, "baseline");
    from = from(root);
    reproduction =
        root.has("reproduces")
            ? Optional.of(Reproduction.read(root.section("reproduces"), axes, measures.names()))
            : Optional.empty();
  }

  private Optional<Path> from(Section root) throws IOException {
    if (!root.has("from")) {
      return Optional.empty();
    }
    Path recipe = file.resolveSibling(root.text("from", null));
    try {
      Recipe.read(recipe, quick, List.of());
    } catch (IOException e) {
      throw root.error(
          "from", "must be a recipe beside the study, but " + recipe + " cannot be read", e);
    }
    return Optional.of(recipe);
  }

  /**
   * Reads a study and every recipe of it.
   *
   * @param file the YAML file
   * @param quick whether to use its quick variant, and that of its recipe
   * @return the study
   * @throws IOException if it or its recipe cannot be read
   * @throws RecipeException if it is not a valid study, or one of its recipes is not valid
   */
  public static Study read(Path file, boolean quick) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    // Both are read, so that a mistake in the variant that is not used now is found too.
    Study whole = read(file, document, false);
    Study small = read(file, document, true);
    return quick ? small : whole;
  }

  private static Study read(Path file, YamlDocument document, boolean quick) throws IOException {
    ObjectNode root = document.root().deepCopy();
    Origins origins = document.origins();
    ObjectNode small = new Section(root, "", origins).section("quick").node();
    if (quick) {
      root.remove("quick");
      Overrides.merge(root, small);
      origins = origins.moved("quick", "");
    }
    Study study = new Study(file, new Section(root, "", origins), Recipe.baseName(file), quick);
    for (Map<String, String> setting : study.settings()) {
      study.recipe(setting, study.seeds.get(0), List.of());
    }
    return study;
  }

  private static YamlDocument readBase(Section root, Path recipe) throws IOException {
    try {
      return YamlDocument.read(recipe);
    } catch (IOException e) {
      throw root.error(
          "recipe", "must be a recipe beside the study, but " + recipe + " cannot be read", e);
    }
  }

  private static List<Long> seeds(Section root) {
    if (!(root.get("seeds") instanceof ArrayNode list) || list.isEmpty()) {
      throw root.error("seeds", "must be a list of whole numbers, such as [0, 1, 2]");
    }
    List<Long> seeds = new ArrayList<>();
    for (JsonNode seed : list) {
      if (!seed.isIntegralNumber() || seeds.contains(seed.longValue())) {
        throw root.error(
            "seeds",
            "must be different whole numbers, but there is "
                + YamlDocument.kind(seed)
                + (seed.isIntegralNumber() ? " twice" : ""));
      }
      seeds.add(seed.longValue());
    }
    return List.copyOf(seeds);
  }

  /**
   * Every combination of the axes' values.
   *
   * @return the value of each axis; the last axis changes fastest
   */
  public List<Map<String, String>> settings() {
    return axes.settings();
  }

  /**
   * The combinations that have some values.
   *
   * @param only conditions such as {@code model=mlp}
   * @return the combinations, in the order of {@link #settings()}
   * @throws IllegalArgumentException if a condition names no axis or value
   */
  public List<Map<String, String>> settings(List<String> only) {
    return axes.settings(only);
  }

  /**
   * The recipe of one run.
   *
   * @param setting a combination of the axes' values
   * @param seed the run's seed
   * @param changes further changes such as {@code device=cuda}, which come last
   * @return the recipe, named after the setting and the seed
   * @throws RecipeException if it is not valid
   */
  public RunRecipe recipe(Map<String, String> setting, long seed, List<String> changes) {
    List<String> settings = new ArrayList<>(List.of("seed=" + seed));
    settings.addAll(changes);
    String run = label(setting) + "-s" + seed;
    String recipe = run.substring(0, Math.min(run.length(), LONGEST_NAME));
    if (base.root().has("stages")) {
      settings.add("name=" + recipe);
      return LifeRecipe.changed(base, quick, recipe, axes.changes(setting), settings);
    }
    return RecipeReading.changed(base, quick, recipe, axes.changes(setting), settings);
  }

  /**
   * A combination as one word.
   *
   * @param setting the value of each axis
   * @return such as {@code mlp-1000-none}
   */
  public static String label(Map<String, String> setting) {
    return String.join("-", setting.values());
  }

  /**
   * The recipe of the model that every run starts from, which is trained once.
   *
   * @param changes further changes such as {@code device=cuda}
   * @return the recipe; empty if each run starts from random weights
   * @throws IOException if it cannot be read
   * @throws RecipeException if it is not valid
   */
  public Optional<Recipe> from(List<String> changes) throws IOException {
    return from.isEmpty() ? Optional.empty() : Optional.of(Recipe.read(from.get(), quick, changes));
  }

  /**
   * Whether every run starts from one model that is trained before.
   *
   * @return false if each run starts from random weights
   */
  public boolean hasStart() {
    return from.isPresent();
  }

  /**
   * The folder that the study and its recipe are in.
   *
   * @return the folder of its file
   */
  public Path folder() {
    return file.toAbsolutePath().getParent();
  }

  /**
   * What the study tells about papers.
   *
   * @return their methods and claims; empty if it is not about one
   */
  public Optional<Reproduction> reproduction() {
    return reproduction;
  }

  /**
   * Where the study was read from.
   *
   * @return the file
   */
  public Path file() {
    return file;
  }

  /**
   * Names the study's folder.
   *
   * @return letters, digits, dots, dashes and underscores
   */
  public String name() {
    return name;
  }

  /**
   * What the study is for.
   *
   * @return a text, may be empty
   */
  public String description() {
    return description;
  }

  /**
   * The command that runs each recipe.
   *
   * @return such as {@code train}
   */
  public String command() {
    return command;
  }

  /**
   * Further options of the command; {@code {seed}} in a value stands for the run's seed.
   *
   * @return values by name, without dashes
   */
  public Map<String, String> options() {
    return new LinkedHashMap<>(options);
  }

  /**
   * The seeds of each setting.
   *
   * @return at least one
   */
  public List<Long> seeds() {
    return seeds;
  }

  /**
   * The axes' names.
   *
   * @return at least one, in their order
   */
  public List<String> axes() {
    return axes.names();
  }

  /**
   * What is measured of each run.
   *
   * @return the columns' names
   */
  public List<String> measures() {
    return measures.names();
  }

  /**
   * Where the measures of a run are.
   *
   * @param setting the run's combination of the axes' values
   * @return places in {@code results.json}, such as {@code metrics.accuracy}, by a column's name
   */
  public Map<String, String> places(Map<String, String> setting) {
    return measures.of(setting);
  }

  /**
   * What is measured of each part of a run, such as a layer.
   *
   * @return the names; may be empty
   */
  public List<String> parts() {
    return parts.names();
  }

  /**
   * Where the measures of a run's parts are.
   *
   * @param setting the run's combination of the axes' values
   * @return places in {@code results.json} with one {@code *} for the parts' names, by a name
   */
  public Map<String, String> partPlaces(Map<String, String> setting) {
    return parts.of(setting);
  }

  /**
   * The axis that measures are drawn over.
   *
   * @return an axis whose values are numbers; empty if the study names none
   */
  public Optional<String> x() {
    return x;
  }

  /**
   * The setting that another one is compared with: the one with the baseline's values and else its
   * own.
   *
   * @param setting a combination of the axes' values
   * @return the other combination; the same one if there is no baseline or it is the baseline
   */
  public Map<String, String> baselineOf(Map<String, String> setting) {
    Map<String, String> other = new LinkedHashMap<>(setting);
    other.putAll(baseline);
    return other;
  }

  /**
   * The baseline in words.
   *
   * @return its values, such as {@code none}; empty if there is no baseline
   */
  public String baselineName() {
    return label(baseline);
  }

  /**
   * Whether settings are compared with a baseline.
   *
   * @return false if the study names none
   */
  public boolean hasBaseline() {
    return !baseline.isEmpty();
  }
}
