package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class LauncherIT {
  private static final String ENDLESS =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 100}
      optimizer: {name: adamw}
      train: {epochs: 100000, log_every: 1}
      """;

  @TempDir Path folder;

  @Test
  void givenALinkInAnotherFolder_whenItIsRunThere_thenResultsAreAloneOnTheStandardOutput()
      throws Exception {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Launcher.ROOT.resolve("steelyard"));

    CommandLineRun run = run(link, "version", "--json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Output.JSON.readTree(run.out()).at("/engine/libtorch").asText()).isNotEmpty();
    assertThat(run.err()).doesNotContain("WARNING");
  }

  @Test
  void givenWrongUsage_whenItIsRun_thenTheExitCodeReachesTheShell() throws Exception {
    assertThat(run(Launcher.ROOT.resolve("steelyard"), "nonsense").code()).isEqualTo(2);
  }

  @Test
  void givenATraining_whenItIsInterrupted_thenItSavesAndSaysHowToResume() throws Exception {
    Files.writeString(folder.resolve("endless.yaml"), ENDLESS);
    Process process =
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"),
            folder,
            List.of("train", "endless.yaml", "--run", "run"));
    waitForLines(process, folder.resolve("run/metrics.jsonl"), 20);

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
    CommandLineRun run = Launcher.finish(process, folder);

    assertThat(run.code()).as(run.err()).isEqualTo(1);
    assertThat(run.err()).contains("stopping after this step", "--resume");
    assertThat(Files.readString(folder.resolve("run/results.json"))).contains("INTERRUPTED");
    assertThat(folder.resolve("run/checkpoints")).isNotEmptyDirectory();
    assertThat(folder.resolve("run/report.html")).isNotEmptyFile();
  }

  private static void waitForLines(Process process, Path file, int lines)
      throws IOException, InterruptedException {
    while (process.isAlive()
        && (!Files.exists(file) || Files.readString(file).lines().count() < lines)) {
      Thread.sleep(50);
    }
    assertThat(process.isAlive()).isTrue();
  }

  private CommandLineRun run(Path script, String... arguments) throws Exception {
    return Launcher.finish(Launcher.start(script, folder, List.of(arguments)), folder);
  }
}
