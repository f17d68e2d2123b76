package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The axes of a study: what each of their values changes in the recipe, and their combinations. */
public final class StudyAxes {
  static final String LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}";

  /** A grid of more settings is a mistake in an axis. */
  private static final int MOST_SETTINGS = 1000;

  /** What the models that runs start from have instead, in an axis's value. */
  private static final String START = "start";

  private final Map<String, Map<String, Value>> axes;

  /** What a value changes in the recipe of a run, and in that of the model that it starts from. */
  private record Value(RecipeChange run, RecipeChange start) {}

  private StudyAxes(Map<String, Map<String, Value>> axes) {
    this.axes = axes;
  }

  /** Reads the key {@code axes} of a study. */
  static StudyAxes read(Mapping root) {
    Mapping section = root.section("axes");
    if (section.node().isEmpty()) {
      throw root.error(
          "axes", "must be a mapping of at least one axis, such as {variant: {none: {}}}");
    }
    Map<String, Map<String, Value>> axes = new LinkedHashMap<>();
    long settings = 1;
    for (Map.Entry<String, JsonNode> axis : section.node().properties()) {
      Mapping values = section.section(axis.getKey());
      if (values.node().isEmpty()) {
        throw section.error(axis.getKey(), "must have at least one value, such as {none: {}}");
      }
      Map<String, Value> changes = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> value : values.node().properties()) {
        String label = value.getKey();
        if (!label.matches(LABEL)) {
          throw values.error(
              label, "must be named by letters, digits, dots, dashes and underscores");
        }
        Mapping own = values.section(label);
        if (own.has(START) && !root.has(START)) {
          throw own.error(
              START, "changes the recipe that runs start from, but the study has no key 'start'");
        }
        changes.put(label, new Value(own.without(START).asChange(), own.change(START)));
      }
      axes.put(axis.getKey(), changes);
      settings *= changes.size();
      if (settings > MOST_SETTINGS) {
        throw root.error("axes", "make more than " + MOST_SETTINGS + " combinations");
      }
    }
    return new StudyAxes(axes);
  }

  /** A mapping of axes to one of their values, which stands below a key. */
  Map<String, String> values(Mapping parent, String key) {
    Mapping section = parent.section(key);
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : section.node().properties()) {
      String axis = entry.getKey();
      if (!axes.containsKey(axis)) {
        throw section.error(
            axis, "there is no axis '" + axis + "'" + Suggestion.clause(axis, axes.keySet()));
      }
      String value = section.requiredText(axis, "a value of the axis");
      if (!axes.get(axis).containsKey(value)) {
        throw section.error(
            axis,
            "there is no value '"
                + value
                + "'"
                + Suggestion.clause(value, axes.get(axis).keySet()));
      }
      values.put(axis, value);
    }
    return values;
  }

  /** The axis that a key names, whose values must be numbers. */
  String numbers(Mapping section, String key) {
    String axis = section.requiredText(key, "an axis whose values are numbers");
    if (!axes.containsKey(axis)) {
      throw section.error(
          key, "there is no axis '" + axis + "'" + Suggestion.clause(axis, axes.keySet()));
    }
    for (String value : axes.get(axis).keySet()) {
      if (!value.matches("[0-9]{1,15}(\\.[0-9]{1,15})?")) {
        throw section.error(
            key,
            "must name an axis whose values are numbers, but " + axis + " has '" + value + "'");
      }
    }
    return axis;
  }

  /**
   * The axes' names.
   *
   * @return at least one, in their order
   */
  List<String> names() {
    return List.copyOf(axes.keySet());
  }

  /** What a combination changes in the recipe, axis by axis. */
  List<RecipeChange> changes(Map<String, String> setting) {
    List<RecipeChange> changes = new ArrayList<>();
    axes.forEach((axis, values) -> changes.add(values.get(setting.get(axis)).run()));
    return changes;
  }

  /** What a combination changes in the recipe of the model that its runs start from. */
  List<RecipeChange> startChanges(Map<String, String> setting) {
    List<RecipeChange> changes = new ArrayList<>();
    axes.forEach((axis, values) -> changes.add(values.get(setting.get(axis)).start()));
    return changes;
  }

  /**
   * What tells the models apart that combinations start from: the values of the axes that change
   * their recipe; of values that change the same, the first one.
   *
   * @param setting the value of each axis
   * @return one word, such as {@code no_cnc}; empty if no axis changes that recipe
   */
  String startLabel(Map<String, String> setting) {
    List<String> labels = new ArrayList<>();
    axes.forEach(
        (axis, values) -> {
          if (values.values().stream().anyMatch(value -> !value.start().values().isEmpty())) {
            ObjectNode own = values.get(setting.get(axis)).start().values();
            labels.add(
                values.entrySet().stream()
                    .filter(other -> other.getValue().start().values().equals(own))
                    .findFirst()
                    .orElseThrow()
                    .getKey());
          }
        });
    return String.join("-", labels);
  }

  /**
   * A combination as one word.
   *
   * @param setting the value of each axis
   * @return such as {@code mlp-1000-none}
   */
  static String label(Map<String, String> setting) {
    return String.join("-", setting.values());
  }

  /**
   * Every combination of the axes' values.
   *
   * @return the value of each axis; the last axis changes fastest
   */
  public List<Map<String, String>> settings() {
    List<Map<String, String>> settings = new ArrayList<>(List.of(Map.of()));
    for (Map.Entry<String, Map<String, Value>> axis : axes.entrySet()) {
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
      Map<String, Value> values = axes.get(parts.get(0));
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
}
