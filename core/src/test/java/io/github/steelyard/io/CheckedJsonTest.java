package io.github.steelyard.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckedJsonTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path folder;

  private Path written() throws IOException {
    Path file = folder.resolve("results.json");
    ObjectNode values = JSON.createObjectNode().put("outcome", "COMPLETED").put("steps", 18L);
    values.putObject("metrics").put("loss", 0.1f).put("tiny", 1e-9).putNull("none");
    CheckedJson.write(file, values);
    return file;
  }

  @Test
  void givenAFile_whenItIsReadAlsoInAnotherLayout_thenItsValuesAreThereWithoutTheChecksum()
      throws IOException {
    Path file = written();
    ObjectNode values = CheckedJson.read(file);

    assertThat(values.get("steps").asInt()).isEqualTo(18);
    assertThat(values.has("checksum")).isFalse();
    Files.writeString(file, JSON.readTree(file.toFile()).toString());
    assertThat(CheckedJson.read(file)).isEqualTo(values);
  }

  @Test
  void givenOneOtherDigit_whenTheFileIsRead_thenItIsRefusedByName() throws IOException {
    Path file = written();
    Files.writeString(file, Files.readString(file).replace("18", "19"));

    assertThatThrownBy(() -> CheckedJson.read(file))
        .isInstanceOf(FileFormatException.class)
        .hasMessageStartingWith(file + ": was changed after it was written")
        .hasMessageContaining("take the line 'checksum' out of it");
  }

  @Test
  void givenAFileWithoutChecksumOrADamagedOne_whenItIsRead_thenItIsReadOrRefusedByName()
      throws IOException {
    Path file = folder.resolve("results.json");
    Files.writeString(file, "{\"steps\": 3}");
    assertThat(CheckedJson.read(file).get("steps").asInt()).isEqualTo(3);
    for (String damaged :
        new String[] {
          "{\"steps\": 3",
          "[1]",
          "",
          "null",
          "{}{\"steps\": 3}",
          "{\"steps\": 3, \"steps\": 4}",
          "\u0000\u0000\u0000{steps"
        }) {
      Files.writeString(file, damaged);
      assertThatThrownBy(() -> CheckedJson.read(file))
          .as(damaged)
          .isInstanceOf(FileFormatException.class)
          .hasMessageStartingWith(file + ": is damaged");
    }
  }
}
