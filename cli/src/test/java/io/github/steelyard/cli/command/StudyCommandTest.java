package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.CheckedJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class StudyCommandTest {
  private static final String BASE =
      """
      model: {name: mlp, hidden: [8]}
      data:
        {name: fashion-mnist, batch_size: 50, train_samples: 150, validation_samples: 60, augment: []}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 2, log_every: 1}
      """;
  private static final String STUDY =
      """
      description: Whether it works
      recipe: base.yaml
      seeds: [0, 1]
      axes:
        labels:
          clean: {}
          noisy: {data: {label_noise: {fraction: 0.5}}}
        variant:
          none: {}
          learned: {compander: {learned: true, ratio: 2}}
      measures: {validation accuracy: metrics.accuracy, loss: metrics.loss}
      parts: {metric: metrics.*}
      baseline: {variant: none}
      """;

  @TempDir Path folder;
  private Path study;
  private Path target;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("base.yaml"), BASE);
    study = Files.writeString(folder.resolve("study.yaml"), STUDY);
    target = folder.resolve("runs");
  }

  private CommandLineRun study(String... further) {
    String[] arguments = new String[4 + further.length];
    arguments[0] = "run";
    arguments[1] = study.toString();
    arguments[2] = "--folder";
    arguments[3] = target.toString();
    System.arraycopy(further, 0, arguments, 4, further.length);
    return CommandLineRun.of(arguments);
  }

  @Test
  void givenTwoSettingsThatADefaultMakesAlike_whenTheyAreStudied_thenAWarningNamesThem()
      throws Exception {
    Files.writeString(
        study, STUDY.replace("ratio: 2}}", "ratio: 2}}\n    plain: {optimizer: {name: adamw}}"));

    CommandLineRun run = study("--only", "labels=clean");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .containsOnlyOnce("warning:")
        .contains("clean-none and clean-plain are the same recipe");
  }

  @Test
  void givenPartsOfAGrid_whenTheyAreRunOneAfterTheOther_thenNothingIsRunTwiceAndAllIsCompared()
      throws Exception {
    CommandLineRun part = study("--only", "labels=clean", "--json");
    assertThat(part.code()).as(part.err()).isZero();
    assertThat(part.err()).contains("run 1 of 4: clean-none, seed 0", "run 4 of 4");
    assertThat(Json.MAPPER.readTree(part.out()).path("settings")).hasSize(2);
    Path first = target.resolve("clean/none/seed-0");
    String log = Files.readString(first.resolve("metrics.jsonl"));
    assertThat(Files.readString(first.resolve("recipe.yaml"))).contains("validation_samples: 60");

    CommandLineRun whole = study("--json");

    assertThat(whole.code()).as(whole.err()).isZero();
    assertThat(whole.err()).doesNotContain("clean-").contains("noisy-learned, seed 1");
    assertThat(Files.readString(first.resolve("metrics.jsonl"))).isEqualTo(log);
    JsonNode settings = Json.MAPPER.readTree(whole.out()).path("settings");
    assertThat(settings).hasSize(4);
    JsonNode loss = settings.get(1).at("/parts/metric/loss");
    assertThat(loss.path("count").asInt()).isEqualTo(2);
    assertThat(loss.path("mean")).isEqualTo(settings.get(1).at("/measures/loss/mean"));
    JsonNode learned = settings.get(1).at("/measures/validation accuracy");
    double zero = learned.at("/by_seed/0").asDouble();
    double one = learned.at("/by_seed/1").asDouble();
    assertThat(learned.path("mean").asDouble()).isCloseTo((zero + one) / 2, within(1e-12));
    assertThat(zero)
        .isEqualTo(
            Json.MAPPER
                .readTree(target.resolve("clean/learned/seed-0/results.json").toFile())
                .at("/metrics/accuracy")
                .asDouble());
    JsonNode none = settings.get(0).at("/measures/validation accuracy");
    assertThat(none.has("difference")).isFalse();
    assertThat(learned.at("/difference/mean").asDouble())
        .isCloseTo(learned.path("mean").asDouble() - none.path("mean").asDouble(), within(1e-12));
    assertThat(learned.at("/difference/count").asInt()).isEqualTo(2);
    assertThat(CheckedJson.read(target.resolve("results.json")))
        .isEqualTo(withoutPlaces(Json.MAPPER.readTree(whole.out())));
    assertThat(Files.readString(target.resolve("report.html")))
        .contains(
            "Whether it works",
            "Weights at the start and at the end: clean-none, seed 0",
            "Learned a: clean-learned, seed 0",
            "Accuracy in training: noisy",
            "Validation accuracy against none",
            "\"intervals\"");

    CommandLineRun shown = study("--show");
    assertThat(shown.err()).doesNotContain("run 1");
    assertThat(shown.out()).contains("2 of 2", "validation accuracy vs none", "±");

    CommandLineRun other = study("--set", "optimizer.lr=0.02");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("optimizer.lr is 0.01, not 0.02", "--folder");
  }

  @Test
  void givenASettingThatDiverges_whenTheStudyRuns_thenTheOthersFinishAndTheFailureIsNamed()
      throws Exception {
    Files.writeString(
        study,
        STUDY
            .replace(
                "learned: {compander: {learned: true, ratio: 2}}", "wild: {optimizer: {lr: 1e30}}")
            .replace("seeds: [0, 1]", "seeds: [0]"));

    CommandLineRun run = study("--only", "labels=clean");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("training diverged", "failed: clean-wild, seed 0");
    assertThat(run.out()).contains("1 of 1", "0 of 1");
  }

  @Test
  void givenAWrongCommandLine_whenAStudyIsAskedFor_thenTheCodeIsTwo() {
    assertThat(CommandLineRun.of("run", "nothing.yaml").code()).isEqualTo(2);
    CommandLineRun only = study("--only", "variant=nothing");
    assertThat(only.code()).isEqualTo(2);
    assertThat(only.err()).contains("there is no value 'nothing'");
    CommandLineRun many = study("--set", "data.validation_samples=100000");
    assertThat(many.code()).isNotZero();
    assertThat(many.err()).contains("data.validation_samples can hold back");
    assertThat(target.resolve("clean/none/seed-0")).doesNotExist();
  }

  private static JsonNode withoutPlaces(JsonNode printed) {
    return ((ObjectNode) printed).remove(List.of("run", "report"));
  }
}
