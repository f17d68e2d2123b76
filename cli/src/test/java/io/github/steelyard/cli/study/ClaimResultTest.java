package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimResultTest {
  private static final String STUDY =
      """
      recipe: base.yaml
      seeds: [0, 1, 2]
      measures: {accuracy: metrics.accuracy, own: "by_variant.{variant}.value"}
      axes:
        images: {100: {}, 200: {}}
        variant: {none: {}, better: {}}
      reproduces:
        methods: [adamp]
        title: Whether it helps
        claims:
          - claim: better is better
            paper: 1 point
            measure: accuracy
            of: {variant: better, images: 100}
            minus: {variant: none}
            above: 0
          - {claim: over all, paper: -, measure: accuracy, of: {variant: better}, above: 0.5}
          - {claim: place, paper: -, measure: own, of: {variant: none, images: 200}, below: 0}
      """;

  @TempDir Path folder;
  private Study study;

  @BeforeEach
  void read() throws IOException {
    Files.writeString(
        folder.resolve("base.yaml"),
        "model: {name: mlp}\ndata: {name: fashion-mnist}\noptimizer: {name: adamw}\n");
    study = Study.read(Files.writeString(folder.resolve("study.yaml"), STUDY), false);
  }

  private void finish(String images, String variant, long seed, double accuracy, Object own)
      throws IOException {
    Map<String, String> setting = Map.of("images", images, "variant", variant);
    StudyRun run =
        StudyRun.all(study, study.axes().settings(), folder).stream()
            .filter(each -> each.setting().equals(setting) && each.seed() == seed)
            .findFirst()
            .orElseThrow();
    Files.createDirectories(run.run());
    Files.writeString(
        run.run().resolve("results.json"),
        "{\"outcome\": \"COMPLETED\", \"metrics\": {\"accuracy\": %s}, \"by_variant\": {\"%s\": {\"value\": %s}}}"
            .formatted(accuracy, variant, own));
  }

  private List<ClaimResult> results() throws IOException {
    return Reproduced.of(study, StudyRun.all(study, study.axes().settings(), folder)).claims();
  }

  @Test
  void givenRunsOfThreeSeeds_whenAClaimIsJudged_thenByThePairedIntervalOfTheirDifferences()
      throws IOException {
    double[] none = {0.50, 0.60, 0.70};
    double[] gains = {0.01, 0.02, 0.03};
    for (int seed = 0; seed < 3; seed++) {
      finish("100", "none", seed, none[seed], 1);
      finish("100", "better", seed, none[seed] + gains[seed], 1);
    }

    ClaimResult wide = results().get(0);

    // s = 0.01, t(2, 0.975) = 4.3027: half the width is 0.0248, more than the mean of 0.02.
    assertThat(wide.interval().mean()).isCloseTo(0.02, within(1e-12));
    assertThat(wide.interval().halfWidth()).isCloseTo(4.302653 * 0.01 / Math.sqrt(3), within(1e-7));
    assertThat(wide.verdict()).isEqualTo(ClaimResult.Verdict.UNDECIDED);
    assertThat(wide.ours()).isEqualTo("accuracy: +2.00 ± 2.48 points");
    assertThat(wide.numbers()).isEqualTo("1.00, 2.00, 3.00");
    assertThat(wide.seeds()).isEqualTo("0, 1, 2");

    for (int seed = 0; seed < 3; seed++) {
      finish("100", "better", seed, none[seed] + 0.02 + 0.001 * seed, 1);
    }
    assertThat(results().get(0).verdict()).isEqualTo(ClaimResult.Verdict.YES);

    for (int seed = 0; seed < 3; seed++) {
      finish("100", "better", seed, none[seed] - 0.02 - 0.001 * seed, 1);
    }
    assertThat(results().get(0).verdict()).isEqualTo(ClaimResult.Verdict.NO);
  }

  @Test
  void givenOnePair_whenAClaimIsJudged_thenItIsUndecided() throws IOException {
    finish("100", "none", 0, 0.5, 1);
    finish("100", "better", 0, 0.9, 1);
    finish("100", "better", 1, 0.9, 1);

    ClaimResult result = results().get(0);

    assertThat(result.interval().count()).isEqualTo(1);
    assertThat(result.verdict()).isEqualTo(ClaimResult.Verdict.UNDECIDED);
  }

  @Test
  void givenAnAxisThatAClaimDoesNotName_whenItIsJudged_thenTheMeanOverItIsTakenSeedBySeed()
      throws IOException {
    for (int seed = 0; seed < 2; seed++) {
      finish("100", "better", seed, 0.5 + 0.001 * seed, 1);
      finish("200", "better", seed, 0.7 + 0.001 * seed, 1);
    }
    finish("100", "better", 2, 0.1, 1); // Its other half is missing: the seed does not count.

    ClaimResult result = results().get(1);

    assertThat(result.bySeed().get(0L)).isCloseTo(0.6, within(1e-12));
    assertThat(result.bySeed()).containsOnlyKeys(0L, 1L);
    assertThat(result.verdict()).isEqualTo(ClaimResult.Verdict.YES);
    assertThat(result.expected()).isEqualTo("above 50.00 %");
  }

  @Test
  void givenAMeasureThatIsNotDefined_whenAClaimIsJudged_thenTheRunIsFinishedButDoesNotCount()
      throws IOException {
    finish("200", "none", 0, 0.5, -1);
    finish("200", "none", 1, 0.5, null);
    finish("200", "none", 2, 0.5, -1);

    Reproduced reproduced =
        Reproduced.of(study, StudyRun.all(study, study.axes().settings(), folder));
    ClaimResult result = reproduced.claims().get(2);

    assertThat(reproduced.missing()).isEqualTo(9);
    assertThat(result.seeds()).isEqualTo("0, 2");
    assertThat(result.verdict()).isEqualTo(ClaimResult.Verdict.YES);
    assertThat(reproduced.results().toJson().toString()).contains("by_seed={0=-1.0, 1=null");
    assertThat(reproduced.markdown(List.of("steelyard", "reproduce", "adamp")))
        .contains("| place | - | own: -1 ± 0 (by seed: -1, -1) | below 0 |", "| 0, 2 | yes |")
        .contains("`steelyard reproduce adamp`");
  }
}
