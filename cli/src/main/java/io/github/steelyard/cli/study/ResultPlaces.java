package io.github.steelyard.cli.study;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.runtime.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the numbers of a study's runs are in their {@code results.json}, by the names that the
 * study gives them. In a place, {@code {strategy}} stands for the run's value of the axis {@code
 * strategy}.
 */
final class ResultPlaces {
  private final Map<String, ResultPlace> written;

  private ResultPlaces(Map<String, ResultPlace> written) {
    this.written = written;
  }

  /** Reads the key {@code measures}: a number for each run, its accuracy if not given. */
  static ResultPlaces measures(Mapping root, StudyAxes axes) {
    Map<String, ResultPlace> written = read(root, "measures", axes);
    return new ResultPlaces(
        written.isEmpty() ? Map.of("accuracy", ResultPlace.parse("metrics.accuracy")) : written);
  }

  /** Reads the key {@code parts}: a number for each part of a run, with a star for its name. */
  static ResultPlaces parts(Mapping root, StudyAxes axes) {
    Map<String, ResultPlace> written = read(root, "parts", axes);
    written.forEach(
        (name, place) -> {
          if (!place.isOfParts()) {
            throw root.section("parts")
                .error(
                    name,
                    "must be a place in results.json with one * for the parts' names, such as"
                        + " pruning.spectra.layers.*.rank, but is "
                        + place);
          }
        });
    return new ResultPlaces(written);
  }

  private static Map<String, ResultPlace> read(Mapping root, String key, StudyAxes axes) {
    Map<String, ResultPlace> places = new LinkedHashMap<>();
    root.texts(key)
        .forEach(
            (name, text) -> {
              ResultPlace place = ResultPlace.parse(text);
              requireAxes(root.section(key), name, place, axes);
              places.put(name, place);
            });
    return places;
  }

  private static void requireAxes(Mapping section, String name, ResultPlace place, StudyAxes axes) {
    for (String axis : place.axes()) {
      if (!axes.names().contains(axis)) {
        throw section.error(
            name, "there is no axis '" + axis + "'" + Suggestion.clause(axis, axes.names()));
      }
    }
  }

  /**
   * What the study calls the numbers.
   *
   * @return the names in the study's order
   */
  List<String> names() {
    return List.copyOf(written.keySet());
  }

  /**
   * The places of one run.
   *
   * @param setting the run's combination of the axes' values
   * @return places by name
   */
  Map<String, ResultPlace> of(Map<String, String> setting) {
    Map<String, ResultPlace> places = new LinkedHashMap<>();
    written.forEach((name, place) -> places.put(name, place.with(setting)));
    return places;
  }
}
