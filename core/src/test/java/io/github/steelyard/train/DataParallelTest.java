package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.github.steelyard.testing.ChildJvm;
import io.github.steelyard.testing.Ranks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class DataParallelTest {
  @TempDir private Path folder;

  private static List<String> outputs(int size, String... words) throws Exception {
    return Ranks.run(size, RankProgram.class, words).stream()
        .peek(result -> assertThat(result.exitCode()).as(result.errors()).isZero())
        .map(result -> result.output().strip())
        .toList();
  }

  private static double squares(String output) {
    return Double.parseDouble(output.split(" ", -1)[1]);
  }

  @Test
  void givenANetworkWithoutStatistics_whenThreeRanksTrainIt_thenTheyMakeTheStepsOfOneProcess()
      throws Exception {
    // 44 samples in batches of 16, which does not divide by 3; the last one has 12
    String one = RankProgram.train("mlp", "accumulate");
    List<String> many = outputs(3, "mlp", "accumulate");

    assertThat(many).hasSize(3).containsOnly(many.get(0));
    assertThat(squares(many.get(0))).isCloseTo(squares(one), offset(1e-5));
  }

  @Test
  void givenSynchronizedStatistics_whenTwoRanksTrainANetwork_thenTheyMakeTheStepsOfOneProcess()
      throws Exception {
    String one = RankProgram.train("resnet8");
    List<String> two = outputs(2, "resnet8", "synchronized", "float16");

    assertThat(two).containsOnly(two.get(0));
    assertThat(squares(two.get(0))).isCloseTo(squares(one), offset(0.05));
    assertThat(squares(two.get(0))).isNotEqualTo(squares(one));
  }

  @Test
  void givenADeterministicRun_whenRanksBeginAndStopAndResumeIt_thenAllEndInTheSameBits()
      throws Exception {
    String run = folder.resolve("run").toString();
    String one = RankProgram.train("resnet8", "deterministic");
    List<String> stopped = outputs(2, "resnet8", "deterministic", "stop", "folder", run);

    assertThat(outputs(4, "resnet8", "deterministic")).containsOnly(one);
    assertThat(stopped).containsOnly(stopped.get(0));
    assertThat(stopped.get(0)).startsWith("3 "); // the last rank was asked after its second step
    assertThat(RankProgram.train("resnet8", "deterministic", "folder", run, "resume"))
        .isEqualTo(one);
    try (Stream<Path> files = Files.walk(Path.of(run))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("results.json", "metrics.jsonl", "step-000000006.safetensors")
          .noneMatch(name -> name.endsWith("partial"));
    }
  }

  @Test
  void givenARankWithAnotherWeight_whenTheRunBegins_thenAllRanksEndWithItsName()
      throws IOException, InterruptedException {
    for (ChildJvm.Result result : Ranks.run(2, RankProgram.class, "resnet8", "differ")) {
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.errors())
          .contains("rank 1 has another 'model/conv1.weight' than rank 0 at the start");
    }
  }
}
