package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class KillTest {
  private static final int KILLS = 3;

  @TempDir Path folder;

  @Test
  void givenATrainingProcess_whenItIsKilledAtRandomMoments_thenEachFileIsWholeAndTheEndIsTheSame()
      throws Exception {
    TinyRun.Net model = TinyRun.net();
    WeightAverage average = new WeightAverage(model, 0.9, true);
    try (RunDirectory run = RunDirectory.create(folder.resolve("whole"))) {
      KilledTraining.trainer(model, average, run).run();
    }
    Path killed = folder.resolve("killed");
    SplittableRandom random = new SplittableRandom(11);
    int before = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      ChildJvm.Running child = child(killed).start();
      // At a random moment after the child has got further than the one before.
      int steps = 20 + random.nextInt(20);
      while (child.process().isAlive() && newestStep(killed) < before + steps) {
        Thread.sleep(1);
      }
      Thread.sleep(random.nextInt(30));
      assertThat(child.process().isAlive()).as("the child was still training").isTrue();
      child.process().destroyForcibly().waitFor();
      child.await(10);
      before = newestStep(killed);
      for (Path file : checkpoints(killed)) {
        SafeTensors.open(file).close();
        assertThat(Checkpoint.read(file).parts()).containsKeys("model", "optimizer");
      }
    }

    ChildJvm.Result last = child(killed).run();

    assertThat(last.exitCode()).as(last.errors()).isZero();
    assertThat(last.output().strip()).isEqualTo(KilledTraining.bits(model, average));
    try (Stream<Path> left = Files.list(killed.resolve("checkpoints"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .as("nothing half-written is left")
          .containsExactlyInAnyOrder(
              "best.safetensors", "step-000000200.safetensors", "step-000000198.safetensors");
    }
  }

  private static ChildJvm child(Path run) {
    return ChildJvm.of(KilledTraining.class)
        .option("-Dsteelyard.threads=" + Engine.settings().threads()) // which decide sums
        .option("-Xshare:auto")
        .argument(run);
  }

  private static int newestStep(Path run) throws IOException {
    return checkpoints(run).stream()
        .map(path -> path.getFileName().toString())
        .filter(name -> name.startsWith("step-"))
        .mapToInt(name -> Integer.parseInt(name.replaceAll("\\D", "")))
        .max()
        .orElse(0);
  }

  private static List<Path> checkpoints(Path run) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    if (!Files.exists(checkpoints)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files.filter(path -> path.toString().endsWith(".safetensors")).toList();
    }
  }
}
