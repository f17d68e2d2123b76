package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.runtime.Suggestion;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One thing that a paper says, and how a study measures whether it holds here: a measure of some
 * settings, or how much it differs from that of others, is above or below a number.
 *
 * <pre>
 * - claim: momentum makes the weights grow, the projection stops it
 *   paper: Figure 2, in shape
 *   measure: norm
 *   of: {optimizer: sgdp}
 *   minus: {optimizer: sgd}      # without it, the measure itself is judged
 *   below: 0                     # or above
 * </pre>
 *
 * <p>Axes that {@code minus} does not name have the values of {@code of}; over axes that neither
 * names, the mean is taken, seed by seed.
 *
 * @param statement what is claimed, in words
 * @param paper the paper's own number or finding, and where it has it
 * @param measure a measure of the study
 * @param of values of axes: the settings that are measured
 * @param minus values of axes: the settings that they are compared with; empty for none
 * @param side on which side of the bound the claim puts the number
 * @param bound the number that separates the claim from its opposite
 */
record Claim(
    String statement,
    String paper,
    String measure,
    Map<String, String> of,
    Map<String, String> minus,
    Side side,
    double bound) {
  private static final List<String> KEYS =
      List.of("claim", "paper", "measure", "of", "minus", "above", "below");

  /** A side of a number. */
  enum Side {
    /** Larger numbers. */
    ABOVE,
    /** Smaller numbers. */
    BELOW
  }

  /**
   * Copies the maps.
   *
   * @param statement what is claimed, in words
   * @param paper the paper's own number or finding, and where it has it
   * @param measure a measure of the study
   * @param of values of axes
   * @param minus values of axes; empty for none
   * @param side on which side of the bound the claim puts the number
   * @param bound the number that separates the claim from its opposite
   */
  Claim {
    of = Collections.unmodifiableMap(new LinkedHashMap<>(of));
    minus = Collections.unmodifiableMap(new LinkedHashMap<>(minus));
  }

  static Claim read(Mapping section, StudyAxes axes, Collection<String> measures) {
    section.allowOnly(KEYS);
    String measure = section.requiredText("measure", "accuracy");
    if (!measures.contains(measure)) {
      throw section.error(
          "measure",
          "there is no measure '" + measure + "'" + Suggestion.clause(measure, measures));
    }
    Map<String, String> of = axes.values(section, "of");
    if (of.isEmpty()) {
      throw section.error("of", "must name what is measured, such as {variant: dropout}");
    }
    Map<String, String> minus = axes.values(section, "minus");
    if (section.has("minus") && (minus.isEmpty() || overlaid(of, minus).equals(of))) {
      throw section.error("minus", "must name another setting than 'of', such as {variant: none}");
    }
    if (section.has("above") == section.has("below")) {
      throw section.error("", "needs either 'above' or 'below', such as above: 0");
    }
    Side side = section.has("above") ? Side.ABOVE : Side.BELOW;
    return new Claim(
        section.requiredText("claim", "weights grow less"),
        section.requiredText("paper", "59.2 % against 42.9 %"),
        measure,
        of,
        minus,
        side,
        number(section, section.has("above") ? "above" : "below"));
  }

  private static double number(Mapping section, String key) {
    JsonNode value = section.get(key);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw section.error(key, "must be a number, but is " + YamlDocument.kind(value));
    }
    return value.doubleValue();
  }

  private static Map<String, String> overlaid(Map<String, String> of, Map<String, String> minus) {
    Map<String, String> other = new LinkedHashMap<>(of);
    other.putAll(minus);
    return other;
  }

  /**
   * Whether a number is compared with that of other settings.
   *
   * @return false if the measure itself is judged
   */
  public boolean isDifference() {
    return !minus.isEmpty();
  }

  /**
   * The settings that are measured.
   *
   * @param settings all settings of the study
   * @return at least one
   */
  List<Map<String, String>> measured(List<Map<String, String>> settings) {
    return having(settings, of);
  }

  /**
   * The settings that they are compared with.
   *
   * @param settings all settings of the study
   * @return none if the measure itself is judged
   */
  List<Map<String, String>> comparedWith(List<Map<String, String>> settings) {
    return isDifference() ? having(settings, overlaid(of, minus)) : List.of();
  }

  private static List<Map<String, String>> having(
      List<Map<String, String>> settings, Map<String, String> values) {
    return settings.stream()
        .filter(setting -> setting.entrySet().containsAll(values.entrySet()))
        .toList();
  }

  /**
   * The settings in words.
   *
   * @return such as {@code optimizer=sgdp minus optimizer=sgd}
   */
  String configuration() {
    return label(of) + (isDifference() ? " minus " + label(minus) : "");
  }

  private static String label(Map<String, String> values) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
