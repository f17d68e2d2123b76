package io.github.steelyard.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts as a difference between a run left alone and one that was disturbed. */
class FolderComparisonTest {
  @TempDir Path folder;

  @BeforeEach
  void leaveOneAlone() throws IOException {
    checkpoint("straight", 10, 1);
    checkpoint("straight", 20, 2);
  }

  @Test
  void givenTheCheckpointOfAStop_whenItIsTheOlderOfTwo_thenNothingDiffers() throws IOException {
    checkpoint("stopped", 15, 7);
    checkpoint("stopped", 20, 2);

    assertThat(differences()).isEmpty();
  }

  @Test
  void givenAnotherNewestCheckpoint_whenCompared_thenItDiffers() throws IOException {
    checkpoint("stopped", 10, 1);
    checkpoint("stopped", 20, 3);

    assertThat(differences()).singleElement().asString().contains("differs in", "step-000000020");
  }

  @Test
  void givenMoreCheckpointsThanARunKeeps_whenCompared_thenTheyAreCounted() throws IOException {
    checkpoint("stopped", 10, 1);
    checkpoint("stopped", 15, 7);
    checkpoint("stopped", 20, 2);

    assertThat(differences()).singleElement().asString().contains("keeps 3 checkpoints");
  }

  @Test
  void givenAnOlderCheckpointCutShort_whenCompared_thenItCannotBeRead() throws IOException {
    Path older = checkpoint("stopped", 15, 7);
    checkpoint("stopped", 20, 2);
    Files.write(older, new byte[] {1, 2, 3});

    assertThat(differences()).singleElement().asString().contains("cannot read", "step-000000015");
  }

  private List<String> differences() throws IOException {
    return new FolderComparison(folder.resolve("straight")).differences(folder.resolve("stopped"));
  }

  private Path checkpoint(String run, long step, double value) throws IOException {
    Path checkpoints = Files.createDirectories(folder.resolve(run).resolve("checkpoints"));
    Path file = checkpoints.resolve("step-%09d.safetensors".formatted(step));
    Scope.run(
        () ->
            SafeTensors.write(
                file, Map.of("weight", torch.full(new long[] {2}, new Scalar(value))), Map.of()));
    return file;
  }
}
