package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class DemoIT {
  @TempDir Path folder;

  @Test
  void whenTheQuickDemoRuns_thenTheNetworkLivesItsWholeLifeAndTheReportTellsIt() throws Exception {
    Process process =
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"),
            folder,
            Launcher.SHORT,
            List.of("demo", "--quick", "--json"));
    CommandLineRun run = Launcher.finish(process, folder);

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode stages = Json.MAPPER.readTree(run.out()).get("stages");
    assertThat(stages)
        .extracting(stage -> stage.get("kind").asText())
        .containsExactly("train", "extend", "prune", "quantize", "explain", "export");
    JsonNode trained = stages.get(0);
    JsonNode extended = stages.get(1);
    JsonNode pruned = stages.get(2);
    JsonNode quantized = stages.get(3);
    assertThat(number(trained, "old_accuracy")).isGreaterThan(0.6);
    assertThat(number(pruned, "robust_accuracy")).isGreaterThan(number(trained, "robust_accuracy"));
    assertThat(number(quantized, "robust_accuracy"))
        .isGreaterThan(number(extended, "robust_accuracy"));
    assertThat(number(pruned, "sparsity")).isGreaterThan(0.7);
    assertThat(number(quantized, "bytes")).isLessThan(number(trained, "bytes") / 3);
    assertThat(extended.get("classes").asInt()).isEqualTo(10);
    assertThat(number(extended, "new_accuracy")).isGreaterThan(0.4);
    assertThat(Files.readString(folder.resolve("runs/demo/report.html")))
        .contains("1. Train", "3. Make robust and sparse", "Oscillating weights")
        .contains("How loudly each class speaks", "graph-data", "data:image/png;base64,");
  }

  private static double number(JsonNode stage, String key) {
    return stage.get(key).asDouble();
  }
}
