package io.github.steelyard.cli.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHistoryTest {
  @TempDir Path folder;

  @Test
  void givenALogThatIsTornWithinACharacter_whenItIsRead_thenTheLinesBeforeAreThere()
      throws IOException {
    byte[] whole =
        "{\"event\":\"step\",\"step\":1}\n{\"event\":\"step\",\"name\":\"\u00e4"
            .getBytes(StandardCharsets.UTF_8);
    Path log = folder.resolve("metrics.jsonl");
    Files.write(log, Arrays.copyOf(whole, whole.length - 1));

    assertThat(RunHistory.read(log).events("step")).hasSize(1);
  }
}
