package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
  void whenTheQuickDemoRuns_thenFourOptimizersLearnAndProjectionHoldsTheNorms() throws Exception {
    Process process =
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"), folder, List.of("demo", "--quick", "--json"));
    CommandLineRun run = Launcher.finish(process, folder);

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode optimizers = Output.JSON.readTree(run.out()).get("optimizers");
    assertThat(optimizers)
        .hasSize(4)
        .allSatisfy(each -> assertThat(each.get("test_accuracy").asDouble()).isGreaterThan(0.4));
    assertThat(growth(optimizers, 1)).as("AdamP").isLessThan(growth(optimizers, 0));
    assertThat(growth(optimizers, 3)).as("SGDP").isLessThan(growth(optimizers, 2));
    assertThat(Files.readString(folder.resolve("runs/demo/report.html")))
        .contains("Weight norm", "Effective step", "AdamP", "SGDP");
  }

  private static double growth(JsonNode optimizers, int index) {
    return optimizers.get(index).get("relative_norm").asDouble() - 1;
  }
}
