package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the finished runs of a study measured. */
public final class StudyResults {
  private final Study study;
  private final List<Map<String, String>> settings;
  private final Map<Map<String, String>, Map<Long, StudyRun>> runs = new LinkedHashMap<>();
  private final Map<StudyRun, Map<String, Double>> measures = new LinkedHashMap<>();
  private final Map<StudyRun, Map<String, Map<String, Double>>> parts = new LinkedHashMap<>();

  /**
   * Reads the results that are there.
   *
   * @param settings the settings to show
   * @param all the runs, also of settings that are only compared with
   */
  StudyResults(Study study, List<Map<String, String>> settings, List<StudyRun> all)
      throws IOException {
    this.study = study;
    this.settings = settings;
    for (StudyRun run : all) {
      if (run.isFinished()) {
        measures.put(run, run.measures());
        parts.put(run, run.parts());
        runs.computeIfAbsent(run.setting(), s -> new LinkedHashMap<>()).put(run.seed(), run);
      }
    }
  }

  List<Map<String, String>> settings() {
    return settings;
  }

  /** The finished runs of a setting, by seed. */
  Map<Long, StudyRun> runs(Map<String, String> setting) {
    return runs.getOrDefault(setting, Map.of());
  }

  Interval interval(Map<String, String> setting, String measure) {
    return interval(List.of(setting), measure);
  }

  /** Of the mean over settings of each seed that has all of them. */
  Interval interval(List<Map<String, String>> averaged, String measure) {
    return Interval.of(
        study.seeds().stream()
            .map(seed -> mean(averaged, seed, measure))
            .filter(Double::isFinite)
            .toList());
  }

  /** One seed's mean over settings; not a number if one of them is missing. */
  double mean(List<Map<String, String>> averaged, long seed, String measure) {
    return averaged.stream()
        .mapToDouble(setting -> value(setting, seed, measure))
        .average()
        .orElse(Double.NaN);
  }

  /** What one run measured; not a number if it is not finished or the measure not defined. */
  double value(Map<String, String> setting, long seed, String measure) {
    StudyRun run = runs(setting).get(seed);
    return run == null ? Double.NaN : measures.get(run).get(measure);
  }

  /** The parts of which something was measured, in the order of the runs. */
  List<String> parts(String name) {
    Set<String> found = new LinkedHashSet<>();
    for (Map<String, String> setting : settings) {
      runs(setting).values().forEach(run -> found.addAll(parts.get(run).get(name).keySet()));
    }
    return List.copyOf(found);
  }

  Interval interval(Map<String, String> setting, String name, String part) {
    return interval(List.of(setting), name, part);
  }

  Interval interval(List<Map<String, String>> averaged, String name, String part) {
    Map<String, List<Double>> bySeed = new LinkedHashMap<>();
    for (Map<String, String> setting : averaged) {
      bySeed(setting, name, part)
          .forEach(
              (seed, value) -> bySeed.computeIfAbsent(seed, s -> new ArrayList<>()).add(value));
    }
    return Interval.of(
        bySeed.values().stream()
            .filter(values -> values.size() == averaged.size())
            .map(values -> Interval.of(values).mean())
            .toList());
  }

  private Map<String, Double> bySeed(Map<String, String> setting, String name, String part) {
    Map<String, Double> values = new LinkedHashMap<>();
    runs(setting)
        .forEach(
            (seed, run) -> {
              Double value = parts.get(run).get(name).get(part);
              if (value != null) {
                values.put(String.valueOf(seed), value);
              }
            });
    return values;
  }

  /**
   * The difference to the baseline of the runs with the same seed: paired, so that seeds cancel.
   */
  Interval difference(Map<String, String> setting, String measure) {
    Map<String, String> other = study.baselineOf(setting);
    List<Double> differences = new ArrayList<>();
    for (long seed : runs(setting).keySet()) {
      double difference = value(setting, seed, measure) - value(other, seed, measure);
      if (Double.isFinite(difference)) {
        differences.add(difference);
      }
    }
    return Interval.of(differences);
  }

  private boolean isBaseline(Map<String, String> setting) {
    return study.baselineOf(setting).equals(setting);
  }

  /** Means with intervals: columns for the axes, then columns of numbers. */
  Table table() {
    List<String> columns = new ArrayList<>(study.axes().names());
    columns.add("runs");
    for (String measure : study.measures().names()) {
      columns.add(measure);
      if (study.hasBaseline()) {
        columns.add(measure + " vs " + StudyAxes.label(study.baseline()));
      }
    }
    List<List<String>> rows = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      List<String> row = new ArrayList<>(setting.values());
      row.add(runs(setting).size() + " of " + study.seeds().size());
      for (String measure : study.measures().names()) {
        row.add(interval(setting, measure).text(measure));
        if (study.hasBaseline()) {
          row.add(isBaseline(setting) ? "" : difference(setting, measure).difference(measure));
        }
      }
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Means with intervals of each part. */
  Table partTable(String name) {
    List<String> columns = new ArrayList<>(study.axes().names());
    columns.addAll(parts(name));
    List<List<String>> rows = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      List<String> row = new ArrayList<>(setting.values());
      parts(name).forEach(part -> row.add(interval(setting, name, part).text(name)));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Every run by itself. */
  Table runTable() {
    List<String> columns = new ArrayList<>(List.of("Run"));
    columns.addAll(study.measures().names());
    List<List<String>> rows = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      for (StudyRun run : runs(setting).values()) {
        List<String> row = new ArrayList<>(List.of(run.title()));
        study
            .measures()
            .names()
            .forEach(measure -> row.add(cell(measure, measures.get(run).get(measure))));
        rows.add(row);
      }
    }
    return new Table(columns, rows);
  }

  private static String cell(String measure, double value) {
    return Double.isNaN(value) ? "-" : Numbers.metric(measure, value);
  }

  /** For other programs; what is not defined is null. */
  Map<String, Object> toJson() {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("setting", setting);
      one.put("runs", runs(setting).size());
      Map<String, Object> all = new LinkedHashMap<>();
      for (String measure : study.measures().names()) {
        Map<String, Object> numbers = numbers(interval(setting, measure));
        if (study.hasBaseline() && !isBaseline(setting)) {
          numbers.put("difference", numbers(difference(setting, measure)));
        }
        Map<String, Double> bySeed = new LinkedHashMap<>();
        for (long seed : runs(setting).keySet()) {
          bySeed.put(String.valueOf(seed), Numbers.finite(value(setting, seed, measure)));
        }
        numbers.put("by_seed", bySeed);
        all.put(measure, numbers);
      }
      one.put("measures", all);
      if (!study.parts().names().isEmpty()) {
        one.put("parts", partsToJson(setting));
      }
      list.add(one);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("study", study.name());
    values.put("seeds", study.seeds());
    values.put("settings", list);
    return values;
  }

  private Map<String, Object> partsToJson(Map<String, String> setting) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String name : study.parts().names()) {
      Map<String, Object> own = new LinkedHashMap<>();
      for (String part : parts(name)) {
        Map<String, Object> numbers = numbers(interval(setting, name, part));
        numbers.put("by_seed", bySeed(setting, name, part));
        own.put(part, numbers);
      }
      all.put(name, own);
    }
    return all;
  }

  static Map<String, Object> numbers(Interval interval) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("count", interval.count());
    values.put("mean", Numbers.finite(interval.mean()));
    values.put("half_width_95", Numbers.finite(interval.halfWidth()));
    return values;
  }
}
