package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.IntervalChart;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.LoggedWeights;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The report of a study: each measure with its intervals, over an axis of numbers if the study
 * names one, the course of the accuracy, and what the runs logged of their weights. Settings that
 * differ in the last axis only make a group, in which each value has its colour.
 */
public final class StudyReport {
  /**
   * Pictures of single runs are for one group only: more would be a page nobody scrolls through.
   */
  private static final int MOST_GROUPS = 8;

  private final Study study;
  private final StudyResults results;

  /**
   * The report of what is finished.
   *
   * @param study the study
   * @param results those of its finished runs
   */
  public StudyReport(Study study, StudyResults results) {
    this.study = study;
    this.results = results;
  }

  /**
   * Writes results.json and report.html, if a run is finished.
   *
   * @param folder the study's folder
   * @param command the command line, for the provenance
   * @throws IOException if it cannot be written
   */
  public void write(Path folder, List<String> command) throws IOException {
    if (results.settings().stream().allMatch(setting -> results.runs(setting).isEmpty())) {
      return;
    }
    Files.createDirectories(folder);
    RunResults.write(folder, results.toJson());
    report(command).write(folder.resolve("report.html"));
  }

  private Report report(List<String> command) throws IOException {
    Optional<StudyCurves> curves = study.plot().map(plot -> new StudyCurves(study, results, plot));
    List<Figure> figures = new ArrayList<>();
    for (String measure : study.measures().names()) {
      figures.add(curves.isPresent() ? curves.get().measure(measure) : intervals(measure));
      if (study.hasBaseline()) {
        figures.add(differences(measure));
      }
    }
    for (String name : study.parts().names()) {
      curves.ifPresent(own -> figures.addAll(own.parts(name)));
    }
    Map<String, List<Map<String, String>>> groups = groups();
    int shown = 0;
    for (Map.Entry<String, List<Map<String, String>>> group : groups.entrySet()) {
      if (shown < MOST_GROUPS) {
        List<Plot> courses =
            new StudyCourses(results, group.getKey(), group.getValue(), this::value, this::color)
                .plots();
        figures.addAll(courses);
        shown += courses.isEmpty() ? 0 : 1;
      }
    }
    figures.addAll(weights(groups.values().iterator().next()));
    Map<String, Table> details = new LinkedHashMap<>();
    study.reproduction().ifPresent(paper -> details.put("What papers claim", claims(paper)));
    for (String name : study.parts().names()) {
      details.put("Each part: " + name, results.partTable(name));
    }
    details.put("Every run", results.runTable());
    return new Report(
        study.name(),
        study.description(),
        results.table(),
        figures,
        details,
        Files.readString(study.file(), StandardCharsets.UTF_8),
        Provenance.now(study.seeds().get(0), Map.of(), Map.of(), command));
  }

  private Table claims(Reproduction paper) {
    return new Table(
        ClaimResult.COLUMNS,
        paper.claims().stream().map(claim -> ClaimResult.of(claim, study, results).row()).toList());
  }

  /** Settings by the values of all axes but the last one. */
  private Map<String, List<Map<String, String>>> groups() {
    Map<String, List<Map<String, String>>> groups = new LinkedHashMap<>();
    for (Map<String, String> setting : results.settings()) {
      Map<String, String> others = new LinkedHashMap<>(setting);
      others.remove(lastAxis());
      groups.computeIfAbsent(StudyAxes.label(others), key -> new ArrayList<>()).add(setting);
    }
    return groups;
  }

  private String lastAxis() {
    List<String> names = study.axes().names();
    return names.get(names.size() - 1);
  }

  private String value(Map<String, String> setting) {
    return setting.get(lastAxis());
  }

  private int color(Map<String, String> setting) {
    Set<String> values = new LinkedHashSet<>();
    results.settings().forEach(other -> values.add(value(other)));
    return List.copyOf(values).indexOf(value(setting));
  }

  private IntervalChart intervals(String measure) {
    return chart(
        StudyMeasure.heading(measure),
        "Mean of the runs and its 95 % confidence interval (Student's t).",
        new StudyMeasure(measure).label(),
        measure,
        setting -> results.interval(setting, measure));
  }

  /** What seeds have in common is not in it, so that smaller effects can be seen. */
  private IntervalChart differences(String measure) {
    return chart(
        StudyMeasure.heading(measure) + " against " + StudyAxes.label(study.baseline()),
        "Mean difference of runs with the same seed and its 95 % confidence interval (Student's t).",
        new StudyMeasure(measure).differenceLabel(),
        measure,
        setting ->
            study.baselineOf(setting).equals(setting)
                ? Interval.of(List.of())
                : results.difference(setting, measure));
  }

  private IntervalChart chart(
      String title,
      String caption,
      String label,
      String measure,
      Function<Map<String, String>, Interval> intervals) {
    double scale = new StudyMeasure(measure).scale();
    List<IntervalChart.Row> rows = new ArrayList<>();
    for (Map<String, String> setting : results.settings()) {
      Interval interval = intervals.apply(setting);
      if (interval.count() > 0) {
        rows.add(
            new IntervalChart.Row(
                StudyAxes.label(setting),
                color(setting),
                scale * interval.low(),
                scale * interval.mean(),
                scale * interval.high()));
      }
    }
    return new IntervalChart(title, caption, label, rows);
  }

  /** What the first seed's runs of one group logged of their weights. */
  private List<Plot> weights(List<Map<String, String>> settings) throws IOException {
    List<Plot> plots = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      if (results.runs(setting).isEmpty()) {
        continue;
      }
      StudyRun run = results.runs(setting).values().iterator().next();
      LoggedWeights logged = LoggedWeights.of(StudyCourses.history(run));
      logged.histograms().stream().limit(1).forEach(plot -> plots.add(named(plot, run)));
      logged.companders().forEach(plot -> plots.add(named(plot, run)));
    }
    return plots;
  }

  private static Plot named(Plot plot, StudyRun run) {
    return new Plot(
        plot.title() + ": " + run.title(),
        plot.caption(),
        plot.xLabel(),
        plot.yLabel(),
        plot.kind(),
        plot.logarithmic(),
        plot.series());
  }
}
