package io.github.steelyard.cli.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.cli.IncrementalSamples;
import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.HeatMap;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.runtime.EngineInfo;
import io.github.steelyard.runtime.Provenance;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IncrementalReportTest {
  private static final IncrementalResult FINETUNE =
      IncrementalSamples.result("finetune", IncrementalSamples.FASHION, 2, 0.9);
  private static final IncrementalResult ALIGNED =
      IncrementalSamples.result("wa", IncrementalSamples.FASHION, 2, 0.2);
  private static final IncrementalResult JOINT =
      IncrementalSamples.result("joint", IncrementalSamples.FASHION, 2, 0);

  private static Report report(IncrementalResult... results) {
    EngineInfo engine =
        new EngineInfo("2", "1", "linux-x86_64", "open", "3", 2, "passive", "AVX2", false, "17");
    return IncrementalReport.of(
        "Classes step by step",
        List.of(results),
        "name: incremental",
        new Provenance(
            "0.1.0", engine, 0, Map.of(), Map.of(), List.of("steelyard"), "2026-11-24T00:00:00Z"));
  }

  private static <T extends Figure> T figure(Report report, Class<T> kind, String title) {
    return report.plots().stream()
        .filter(figure -> figure.title().equals(title))
        .map(kind::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no picture '" + title + "'"));
  }

  @Test
  void givenStrategies_whenAccuraciesArePlotted_thenEachHasACurveAndTheCaptionNamesTheBest() {
    Plot plot = figure(report(FINETUNE, ALIGNED, JOINT), Plot.class, "Accuracy on classes seen");

    assertThat(plot.series()).extracting(Series::name).containsExactly("finetune", "wa", "joint");
    assertThat(plot.series()).extracting(Series::dashed).containsExactly(false, false, true);
    Series.Point last = plot.series().get(1).points().get(4);
    assertThat(last.x()).isEqualTo(5);
    assertThat(last.y()).isCloseTo(100 * ALIGNED.finalAccuracy(), within(1e-9));
    assertThat(plot.caption())
        .as("joint training is a bound and not the best strategy")
        .contains("Best at the end: wa with")
        .contains("Dashed: joint");
  }

  @Test
  void givenAStrategy_whenItsMatrixIsShown_thenClassesThatWereNotKnownStayEmpty() {
    HeatMap matrix = figure(report(FINETUNE), HeatMap.class, "Accuracy matrix: finetune");

    assertThat(matrix.rows()).containsExactly("1", "2", "3", "4", "5");
    for (int b = 0; b < 5; b++) {
      for (int t = 0; t < 5; t++) {
        double cell = matrix.values().get(b).get(t);
        if (t > b) {
          assertThat(cell).isNaN();
        } else {
          double expected = 100 * FINETUNE.accuracyMatrix().get(b).get(t);
          assertThat(cell).isCloseTo(expected, within(1e-9));
        }
      }
    }
    assertThat(matrix.numbers().rows().get(0).subList(2, 6)).containsOnly("");
    assertThat(matrix.caption()).contains("the classes of step 1 go from");
  }

  @Test
  void givenAConfusionMatrix_whenItIsShown_thenItHoldsTheCountsAndSaysWhatIsConfused() {
    HeatMap confusion = figure(report(FINETUNE), HeatMap.class, "Confusion matrix: finetune");

    assertThat(confusion.unit()).isEqualTo(HeatMap.Unit.COUNT);
    assertThat(confusion.columns()).isEqualTo(IncrementalSamples.FASHION);
    List<List<Long>> counts = FINETUNE.steps().get(4).evaluation().confusion();
    assertThat(confusion.values().get(3).get(8)).isEqualTo(counts.get(3).get(8).doubleValue());
    long taken = counts.subList(0, 8).stream().mapToLong(row -> row.get(8) + row.get(9)).sum();
    assertThat(confusion.caption())
        .contains("Most often confused: ")
        .contains("Of all samples of older classes, " + taken / 8 + ".");
  }

  @Test
  void givenWeightAligning_whenNormsAreShown_thenNewRowsStandBeforeAndAfter() {
    Report report = report(FINETUNE, ALIGNED);

    assertThat(figure(report, Plot.class, "Row norms by step: wa").series())
        .extracting(Series::name)
        .containsExactly("old classes", "new classes, before", "new classes, after");
    assertThat(figure(report, Plot.class, "Row norms by step: finetune").series())
        .extracting(Series::name)
        .containsExactly("old classes", "new classes");
    BarChart classes = figure(report, BarChart.class, "Row norms by class: wa");
    assertThat(classes.bars().get(0).values().subList(8, 10)).containsOnly(Double.NaN);
    List<Double> after = classes.bars().get(2).values();
    assertThat(after.subList(0, 8)).containsOnly(Double.NaN);
    assertThat((after.get(8) + after.get(9)) / 2)
        .as("aligned rows are as long as the old ones")
        .isCloseTo(ALIGNED.steps().get(4).before().oldMean(), within(1e-9));
    Series corrected =
        figure(report, Plot.class, "New rows against old rows").series().stream()
            .filter(series -> series.name().equals("wa, corrected"))
            .findFirst()
            .orElseThrow();
    assertThat(corrected.points())
        .hasSize(4)
        .allSatisfy(point -> assertThat(point.y()).isCloseTo(1, within(1e-9)));
  }

  @Test
  void givenAResult_whenItIsTabulated_thenTheNumbersAndTheirFormulasStandTogether() {
    Report report = report(ALIGNED);

    List<String> row = report.results().rows().get(0);
    List<String> columns = report.results().columns();
    assertThat(row.get(columns.indexOf("Final accuracy")))
        .isEqualTo(String.format(Locale.ROOT, "%.2f %%", 100 * ALIGNED.finalAccuracy()));
    assertThat(row.get(columns.indexOf("Forgetting, points")))
        .isEqualTo(String.format(Locale.ROOT, "%.2f", 100 * ALIGNED.forgetting()));
    assertThat(columns).contains("Final, softmax", "Final, nearest mean");
    assertThat(report.results().notes())
        .containsKeys("Average incremental accuracy", "Forgetting", "Backward transfer", "wa");
    assertThat(report.toHtml()).contains("<dt>Forgetting</dt><dd>1/(B-1)");
  }

  @Test
  void givenOneStep_whenReported_thenWhatNeedsTwoIsADashOrLeftOut() {
    Report report = report(IncrementalSamples.result("wa", List.of("a", "b", "c"), 3, 0.5));

    List<String> columns = report.results().columns();
    List<String> row = report.results().rows().get(0);
    assertThat(row.get(columns.indexOf("Forgetting, points"))).isEqualTo("-");
    assertThat(row.get(columns.indexOf("Backward transfer, points"))).isEqualTo("-");
    assertThat(row.get(columns.indexOf("Old classes"))).isEqualTo("-");
    assertThat(figure(report, HeatMap.class, "Accuracy matrix: wa").values()).hasSize(1);
    assertThat(report.plots())
        .extracting(Figure::title)
        .doesNotContain("Row norms by step: wa")
        .contains("Row norms by class: wa");
    assertThat(report.toHtml()).doesNotContain("NaN of").doesNotContain("go from");
  }

  @Test
  void givenARunRepeated_whenReported_thenItsNamesDiffer() {
    assertThat(report(ALIGNED, ALIGNED).results().rows())
        .extracting(row -> row.get(0))
        .containsExactly("wa", "wa (2)");
  }

  @Test
  void givenSevenStrategiesOfManyClasses_whenReported_thenAllPicturesAreThere() {
    List<String> glyphs = IntStream.range(0, 62).mapToObj(i -> "glyph " + i).toList();
    IncrementalResult[] results =
        List.of("finetune", "replay", "lwf", "wa", "icarl", "bic", "joint").stream()
            .map(name -> IncrementalSamples.result(name, glyphs, 31, 0.4))
            .toArray(IncrementalResult[]::new);

    Report report = report(results);

    assertThat(report.plots()).hasSize(2 + 4 * 7);
    assertThat(report.toHtml()).contains("\"type\":\"heat map\"").contains("\"type\":\"bars\"");
  }

  @Test
  void givenNoResult_whenReported_thenItIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> report())
        .withMessageContaining("at least one step");
  }
}
