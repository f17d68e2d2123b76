package io.github.steelyard.cli.recipe;

import io.github.steelyard.runtime.Suggestion;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the numbers of a study's runs are in their {@code results.json}, by the names that the
 * study gives them. In a place, {@code {strategy}} stands for the run's value of the axis {@code
 * strategy}.
 */
final class ResultPlaces {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)\\}");

  private final Map<String, String> written;

  private ResultPlaces(Map<String, String> written) {
    this.written = written;
  }

  /** Reads the key {@code measures}: a number for each run, its accuracy if not given. */
  static ResultPlaces measures(Section root, StudyAxes axes) {
    Map<String, String> written = read(root, "measures", axes);
    return new ResultPlaces(written.isEmpty() ? Map.of("accuracy", "metrics.accuracy") : written);
  }

  /** Reads the key {@code parts}: a number for each part of a run, with a star for its name. */
  static ResultPlaces parts(Section root, StudyAxes axes) {
    Map<String, String> written = read(root, "parts", axes);
    written.forEach((name, place) -> requireOneStar(root.section("parts"), name, place));
    return new ResultPlaces(written);
  }

  private static Map<String, String> read(Section root, String key, StudyAxes axes) {
    Map<String, String> written = root.texts(key);
    written.forEach((name, place) -> requireAxes(root.section(key), name, place, axes));
    return written;
  }

  private static void requireAxes(Section section, String name, String place, StudyAxes axes) {
    Matcher matcher = PLACEHOLDER.matcher(place);
    while (matcher.find()) {
      String axis = matcher.group(1);
      if (!axes.names().contains(axis)) {
        throw section.error(
            name, "there is no axis '" + axis + "'" + Suggestion.clause(axis, axes.names()));
      }
    }
  }

  private static void requireOneStar(Section section, String name, String place) {
    List<String> steps = Arrays.asList(place.split("\\.", -1));
    if (steps.stream().filter("*"::equals).count() != 1 || steps.get(0).equals("*")) {
      throw section.error(
          name,
          "must be a place in results.json with one * for the parts' names, such as"
              + " pruning.spectra.layers.*.rank, but is "
              + place);
    }
  }

  List<String> names() {
    return List.copyOf(written.keySet());
  }

  /** The places of a run with a combination of the axes' values. */
  Map<String, String> of(Map<String, String> setting) {
    Map<String, String> places = new LinkedHashMap<>();
    written.forEach(
        (name, place) ->
            places.put(
                name,
                PLACEHOLDER
                    .matcher(place)
                    .replaceAll(found -> Matcher.quoteReplacement(setting.get(found.group(1))))));
    return places;
  }
}
