package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
 * ({@code train} if not given), and {@code options}, a mapping of its further options; {@code
 * measures}, a mapping of a column's name to the place of its number in a run's {@code
 * results.json} ({@code accuracy: metrics.accuracy} if not given); {@code baseline}, a mapping of
 * axes to the value that others are compared with; and {@code quick}, which replaces keys.
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
          "baseline",
          "quick");
  private static final String LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}";

  /** As long as a recipe's name may be. */
  private static final int LONGEST_NAME = 100;

  /** A grid of more settings is a mistake in an axis. */
  private static final int MOST_SETTINGS = 1000;

  private final String name;
  private final String description;
  private final Path file;
  private final YamlDocument base;
  private final boolean quick;
  private final String command;
  private final Map<String, String> options;
  private final List<Long> seeds;
  private final Map<String, Map<String, Recipe.Change>> axes;
  private final Map<String, String> measures;
  private final Map<String, String> baseline;

  private Study(Path file, Section root, String name, boolean quick) throws IOException {
    this.file = file;
    this.quick = quick;
    root.allowOnly(KEYS);
    this.name = root.text("name", name);
    if (!this.name.matches(LABEL)) {
      throw root.error("name", "must be letters, digits, dots, dashes and underscores");
    }
    description = root.text("description", "");
    Path recipe = file.resolveSibling(root.requiredText("recipe", "demo.yaml"));
    base = readBase(root, recipe);
    command = root.text("command", "train");
    options = texts(root, "options");
    seeds = seeds(root);
    axes = axes(root);
    Map<String, String> written = texts(root, "measures");
    measures = written.isEmpty() ? Map.of("accuracy", "metrics.accuracy") : written;
    baseline = texts(root, "baseline");
    baseline.forEach((axis, value) -> requireValue(root.section("baseline"), axis, value));
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
    String fileName = file.getFileName().toString();
    int dot = fileName.lastIndexOf('.');
    Study study =
        new Study(
            file,
            new Section(root, "", origins),
            dot > 0 ? fileName.substring(0, dot) : fileName,
            quick);
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

  private static Map<String, String> texts(Section root, String key) {
    Section section = root.section(key);
    Map<String, String> texts = new LinkedHashMap<>();
    section
        .node()
        .fieldNames()
        .forEachRemaining(name -> texts.put(name, section.requiredText(name, "a text")));
    return texts;
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

  private static Map<String, Map<String, Recipe.Change>> axes(Section root) {
    Section section = root.section("axes");
    if (section.node().isEmpty()) {
      throw root.error(
          "axes", "must be a mapping of at least one axis, such as {variant: {none: {}}}");
    }
    Map<String, Map<String, Recipe.Change>> axes = new LinkedHashMap<>();
    long settings = 1;
    for (Map.Entry<String, JsonNode> axis : section.node().properties()) {
      Section values = section.section(axis.getKey());
      if (values.node().isEmpty()) {
        throw section.error(axis.getKey(), "must have at least one value, such as {none: {}}");
      }
      Map<String, Recipe.Change> changes = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> value : values.node().properties()) {
        String label = value.getKey();
        if (!label.matches(LABEL)) {
          throw values.error(
              label, "must be named by letters, digits, dots, dashes and underscores");
        }
        changes.put(label, values.change(label));
      }
      axes.put(axis.getKey(), changes);
      settings *= changes.size();
      if (settings > MOST_SETTINGS) {
        throw root.error("axes", "make more than " + MOST_SETTINGS + " combinations");
      }
    }
    return axes;
  }

  private void requireValue(Section section, String axis, String value) {
    if (!axes.containsKey(axis)) {
      throw section.error(
          axis, "there is no axis '" + axis + "'" + Suggestion.clause(axis, axes.keySet()));
    }
    if (!axes.get(axis).containsKey(value)) {
      throw section.error(
          axis,
          "there is no value '" + value + "'" + Suggestion.clause(value, axes.get(axis).keySet()));
    }
  }

  /**
   * Every combination of the axes' values.
   *
   * @return the value of each axis; the last axis changes fastest
   */
  public List<Map<String, String>> settings() {
    List<Map<String, String>> settings = new ArrayList<>(List.of(Map.of()));
    for (Map.Entry<String, Map<String, Recipe.Change>> axis : axes.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> setting : settings) {
        for (String value : axis.getValue().keySet()) {
          Map<String, String> one = new LinkedHashMap<>(setting);
          one.put(axis.getKey(), value);
          longer.add(one);
        }
      }
      settings = longer;
    }
    return settings;
  }

  /**
   * The combinations that have some values.
   *
   * @param only conditions such as {@code model=mlp}
   * @return the combinations, in the order of {@link #settings()}
   * @throws IllegalArgumentException if a condition names no axis or value
   */
  public List<Map<String, String>> settings(List<String> only) {
    Map<String, List<String>> wanted = new LinkedHashMap<>();
    for (String condition : only) {
      List<String> parts = Arrays.asList(condition.split("=", 2));
      Map<String, Recipe.Change> values = axes.get(parts.get(0));
      if (parts.size() < 2 || values == null) {
        throw new IllegalArgumentException(
            "--only "
                + condition
                + ": write --only AXIS=VALUE with an axis of the study"
                + Suggestion.clause(parts.get(0), axes.keySet()));
      }
      if (!values.containsKey(parts.get(1))) {
        throw new IllegalArgumentException(
            "--only "
                + condition
                + ": there is no value '"
                + parts.get(1)
                + "'"
                + Suggestion.clause(parts.get(1), values.keySet()));
      }
      wanted.computeIfAbsent(parts.get(0), axis -> new ArrayList<>()).add(parts.get(1));
    }
    return settings().stream()
        .filter(
            setting ->
                wanted.entrySet().stream()
                    .allMatch(entry -> entry.getValue().contains(setting.get(entry.getKey()))))
        .toList();
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
  public Recipe recipe(Map<String, String> setting, long seed, List<String> changes) {
    List<Recipe.Change> all = new ArrayList<>();
    axes.forEach((axis, values) -> all.add(values.get(setting.get(axis))));
    List<String> settings = new ArrayList<>(List.of("seed=" + seed));
    settings.addAll(changes);
    String run = label(setting) + "-s" + seed;
    String recipe = run.substring(0, Math.min(run.length(), LONGEST_NAME));
    return Recipe.changed(base, quick, recipe, all, settings);
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
    return List.copyOf(axes.keySet());
  }

  /**
   * What is measured of each run.
   *
   * @return places in {@code results.json}, such as {@code metrics.accuracy}, by a column's name
   */
  public Map<String, String> measures() {
    return new LinkedHashMap<>(measures);
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
