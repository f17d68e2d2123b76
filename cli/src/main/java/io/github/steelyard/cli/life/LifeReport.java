package io.github.steelyard.cli.life;

import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.Chapter;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The report of a life: the table, and a chapter for each stage that says in plain words what was
 * done to the weights and what it bought.
 *
 * @param life the life
 * @param stages the stages that are finished
 * @param rows their measures, a row for each stage
 * @param session before whom
 */
record LifeReport(LifeRecipe life, List<LivedStage> stages, List<StageRow> rows, Session session) {

  /**
   * Makes the report from what the stages left in their folders.
   *
   * @throws IOException if a file cannot be read
   */
  Report report() throws IOException {
    List<Chapter> chapters = new ArrayList<>();
    chapters.add(overview());
    for (int i = 0; i < stages.size(); i++) {
      chapters.add(new StageChapter(life, stages.get(i), before(i), session.err()).chapter());
    }
    return new Report(
            "A network's life: " + life.name(),
            life.description(),
            new LifeTable(life, rows).table(),
            List.of(),
            Map.<String, Table>of(),
            life.toYaml(),
            Provenance.now(seed(), new LinkedHashMap<>(), Map.of(), session.command()))
        .withChapters(chapters);
  }

  private long seed() {
    return life.stages().get(0).recipe().orElseThrow().seed();
  }

  /** The row of the stage that the network came from. */
  private StageRow before(int index) {
    for (int i = index - 1; i >= 0; i--) {
      if (stages.get(i).stage().kind().changesNetwork()) {
        return rows.get(i);
      }
    }
    return null;
  }

  private Chapter overview() {
    List<StageRow> changed = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      LifeStage.Kind kind = stages.get(i).stage().kind();
      if (kind.changesNetwork()) {
        changed.add(rows.get(i));
      }
    }
    List<String> names = changed.stream().map(StageRow::stage).toList();
    return new Chapter(
        "What each stage bought",
        String.format(
            Locale.ROOT,
            "One network goes through %d stages, each of which begins with the weights that the one"
                + " before left. What a stage does is told below; here is what it changed.",
            stages.size()),
        List.of(
            new BarChart(
                "Right answers on the classes learned first",
                "Filled: on test images as they are. Outlined: on images that were changed a little"
                    + " to mislead the network.",
                "stage",
                "accuracy in %",
                names,
                bars(
                    changed,
                    "as they are",
                    StageRow::oldAccuracy,
                    "under attack (all classes known)",
                    StageRow::robustAccuracy)),
            new BarChart(
                "Size on disk",
                "The file that the network would be shipped as after each stage. Fewer bits make it"
                    + " small; zeros alone do not, since each still takes its place.",
                "stage",
                "kB",
                names,
                List.of(
                    new BarChart.Bars(
                        "file", 2, false, values(changed, row -> row.bytes() / 1000.0))))));
  }

  private static List<BarChart.Bars> bars(
      List<StageRow> rows,
      String filled,
      Function<StageRow, Double> one,
      String outlined,
      Function<StageRow, Double> other) {
    return Arrays.asList(
        new BarChart.Bars(filled, 0, false, values(rows, row -> percent(one.apply(row)))),
        new BarChart.Bars(outlined, 1, true, values(rows, row -> percent(other.apply(row)))));
  }

  private static Double percent(Double share) {
    return share == null ? (Double) Double.NaN : (Double) (100 * share);
  }

  private static List<Double> values(List<StageRow> rows, Function<StageRow, Double> value) {
    return rows.stream().map(value).toList();
  }
}
