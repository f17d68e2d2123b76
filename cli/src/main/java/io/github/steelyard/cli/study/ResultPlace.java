package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where something stands in a run's {@code results.json}: keys of mappings or indices of lists, one
 * within the other. A study writes it with dots between the steps; a step may have names of axes in
 * braces, whose values may have dots of their own.
 *
 * @param steps keys and indices, from the outermost one
 */
record ResultPlace(List<String> steps) {
  private static final Pattern DOT_BETWEEN_STEPS = Pattern.compile("\\.(?![^{}]*\\})");
  private static final Pattern AXIS = Pattern.compile("\\{([^{}]*)\\}");
  private static final String EVERY_PART = "*";

  /**
   * Copies the list.
   *
   * @param steps keys and indices
   */
  ResultPlace {
    steps = List.copyOf(steps);
  }

  static ResultPlace parse(String written) {
    return new ResultPlace(List.of(DOT_BETWEEN_STEPS.split(written, -1)));
  }

  /** The axes whose values it needs. */
  List<String> axes() {
    List<String> axes = new ArrayList<>();
    for (String step : steps) {
      Matcher matcher = AXIS.matcher(step);
      while (matcher.find()) {
        axes.add(matcher.group(1));
      }
    }
    return axes;
  }

  /** Whether it is the place of several things, which have one star for their names. */
  boolean isOfParts() {
    return steps.indexOf(EVERY_PART) > 0
        && steps.indexOf(EVERY_PART) == steps.lastIndexOf(EVERY_PART);
  }

  /** The place with the axes' values in it. */
  ResultPlace with(Map<String, String> setting) {
    return new ResultPlace(
        steps.stream()
            .map(
                step ->
                    AXIS.matcher(step)
                        .replaceAll(found -> Matcher.quoteReplacement(setting.get(found.group(1)))))
            .toList());
  }

  /**
   * What stands there; a star stands for the only name at its place.
   *
   * @param results what a run left
   * @return a missing node if there is nothing, or several names where a star is
   */
  JsonNode in(JsonNode results) {
    return walk(results, steps);
  }

  /**
   * What stands there for each part.
   *
   * @param results what a run left
   * @return a missing node for a part that has nothing there, by the part's name
   */
  Map<String, JsonNode> partsIn(JsonNode results) {
    int star = steps.indexOf(EVERY_PART);
    List<String> within = steps.subList(star + 1, steps.size());
    Map<String, JsonNode> parts = new LinkedHashMap<>();
    walk(results, steps.subList(0, star))
        .properties()
        .forEach(part -> parts.put(part.getKey(), walk(part.getValue(), within)));
    return parts;
  }

  private static JsonNode walk(JsonNode from, List<String> steps) {
    JsonNode node = from;
    for (String step : steps) {
      if (step.equals(EVERY_PART)) {
        node = node.size() == 1 ? node.elements().next() : MissingNode.getInstance();
        continue;
      }
      node =
          node.isArray() && step.matches("\\d{1,9}")
              ? node.path(Integer.parseInt(step))
              : node.path(step);
    }
    return node;
  }

  @Override
  public String toString() {
    return String.join(".", steps);
  }
}
