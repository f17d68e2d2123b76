package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyCurvesTest {
  @TempDir Path folder;

  @Test
  void givenAnAxisWithoutLines_whenAMeasureIsDrawn_thenEachSeedIsAveragedOverIt()
      throws IOException {
    Files.writeString(
        folder.resolve("base.yaml"),
        "model: {name: mlp}\ndata: {name: fashion-mnist}\noptimizer: {name: adamw}\n");
    Study study =
        Study.read(
            Files.writeString(
                folder.resolve("study.yaml"),
                """
                recipe: base.yaml
                seeds: [0, 1]
                measures: {loss: metrics.loss}
                axes:
                  images: {200: {}, 100: {}}
                  labels: {clean: {}, noisy: {}}
                  variant: {none: {}, better: {}}
                plot: {x: images, by: [variant]}
                """),
            false);
    List<StudyRun> runs = StudyRun.all(study, study.axes().settings(), folder);
    for (StudyRun run : runs) {
      double loss =
          (run.setting().get("labels").equals("clean") ? 1 : 3)
              + (run.setting().get("variant").equals("none") ? 10 : 0)
              + run.seed()
              + 0.01 * Integer.parseInt(run.setting().get("images"));
      Files.createDirectories(run.run());
      Files.writeString(
          run.run().resolve("results.json"),
          "{\"outcome\": \"COMPLETED\", \"metrics\": {\"loss\": " + loss + "}}");
    }

    StudyResults results = new StudyResults(study, study.axes().settings(), runs);
    Plot plot = new StudyCurves(study, results, study.plot().orElseThrow()).measure("loss");

    assertThat(plot.series()).extracting(Series::name).containsExactly("none", "better");
    Series better = plot.series().get(1);
    assertThat(better.points()).extracting(Series.Point::x).containsExactly(100.0, 200.0);
    // Seeds have (1 + 3) / 2 + 1 and one more: s = 0.7071, t(1, 0.975) = 12.706.
    assertThat(better.points().get(0).y()).isCloseTo(3.5, within(1e-12));
    assertThat(better.spans().get(0).low()).isCloseTo(3.5 - 12.7062 / 2, within(1e-3));
    assertThat(plot.caption()).contains("each seed is averaged over labels");
  }
}
