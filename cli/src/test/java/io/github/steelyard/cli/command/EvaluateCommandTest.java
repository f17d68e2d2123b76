package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What evaluate tells class by class, beside what predict says of the same pictures. */
class EvaluateCommandTest {
  @TempDir Path folder;

  @Test
  void givenAnEarlyNetwork_whenItIsEvaluatedByClass_thenNumbersAgreeAndThePageShowsItsMistakes()
      throws Exception {
    Path photos = DrawnPictures.in(folder.resolve("photos"));
    Path run =
        DrawnPictures.run(
            folder,
            photos,
            "early",
            "input: {size: 28, crop_pct: 0.9}, batch_size: 3",
            """
            optimizer: {name: sgd, lr: 0.001}
            train: {epochs: 1}
            """);
    Path page = folder.resolve("page.html");
    JsonNode told =
        json("evaluate", run.toString(), "--per-class", "--report", page.toString(), "--json");

    long all = 0;
    long right = 0;
    for (int c = 0; c < DrawnPictures.CLASSES.size(); c++) {
      JsonNode row = told.at("/confusion").get(c);
      JsonNode own = told.at("/classes").get(c);
      long samples = 0;
      for (JsonNode count : row) {
        samples += count.asLong();
      }
      assertThat(own.get("name").asText()).isEqualTo(DrawnPictures.CLASSES.get(c));
      assertThat(own.get("samples").asLong()).isEqualTo(samples);
      assertThat(own.get("recall").asDouble())
          .isCloseTo((double) row.get(c).asLong() / samples, within(1e-12));
      all += samples;
      right += row.get(c).asLong();
    }
    assertThat(told.get("samples").asLong()).isEqualTo(all);
    assertThat(told.at("/metrics/accuracy").asDouble())
        .isCloseTo((double) right / all, within(1e-12));
    assertThat(told.at("/metrics/error").asDouble())
        .isCloseTo((double) (all - right) / all, within(1e-12));

    double gaps = 0;
    for (JsonNode bin : told.get("calibration")) {
      if (bin.get("samples").asLong() > 0) {
        gaps +=
            bin.get("samples").asDouble()
                / all
                * Math.abs(bin.get("accuracy").asDouble() - bin.get("confidence").asDouble());
      }
    }
    assertThat(told.at("/metrics/calibration_error").asDouble()).isCloseTo(gaps, within(1e-9));

    assertThat(told.get("mistakes")).hasSize((int) (all - right)).isNotEmpty();
    Map<String, JsonNode> said = new HashMap<>();
    json("predict", run.toString(), photos.toString(), "--top", "1", "--json")
        .get("pictures")
        .forEach(picture -> said.put(picture.get("file").asText(), picture.get("answers").get(0)));
    double before = 1;
    String html = Files.readString(page);
    for (JsonNode mistake : told.get("mistakes")) {
      String sample = mistake.get("sample").asText();
      JsonNode answer =
          said.get(
              said.keySet().stream()
                  .filter(file -> file.endsWith(sample))
                  .findFirst()
                  .orElseThrow());
      assertThat(answer.get("name").asText()).isEqualTo(mistake.get("answer").asText());
      double probability = mistake.get("probability").asDouble();
      assertThat(answer.get("probability").asDouble()).isCloseTo(probability, within(1e-5));
      assertThat(probability).isLessThanOrEqualTo(before);
      before = probability;
      assertThat(html).contains(", but it is " + mistake.get("class").asText());
    }
    assertThat(html).contains("Confusion matrix", "Calibration", "data:image/jpeg;base64,");

    CommandLineRun words = CommandLineRun.of("evaluate", run.toString(), "--per-class");
    assertThat(words.out()).contains("recall", "most often taken for", "calibration_error");
    assertThat(CommandLineRun.of("evaluate", run.toString()).out()).doesNotContain("recall");
    CommandLineRun nowhere =
        CommandLineRun.of("evaluate", run.toString(), "--report", folder + "/none/page.html");
    assertThat(nowhere.code()).isEqualTo(2);
    assertThat(nowhere.err()).contains("--report: there is no folder", "none");
  }
}
