package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.steelyard.cli.ReadRecipes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class RecipeMutationTest {
  private static final int FILES = 3_000;
  private static final List<String> NASTY =
      List.of(
          "&a [*a, *a]",
          "*",
          "&",
          "!!",
          "? ",
          "- - - ",
          "[[[[[[",
          "{{{{",
          "\t",
          "\0",
          "\u2028",
          ": ",
          "'",
          "\"\\x",
          "|\n",
          ">",
          "%YAML 9.9\n",
          "---\n",
          "...",
          "1e999",
          "-.inf",
          ".nan",
          "0x7fffffffffffffffff",
          "~",
          "<<: *a",
          "#",
          "\uFEFF",
          "1:2:3",
          "9".repeat(2_000));

  @Test
  void givenMutatedRecipes_whenTheyAreRead_thenEachIsReadOrRefusedInTime() throws IOException {
    byte[] original = Files.readAllBytes(Path.of("..", "recipes", "deit-imagenet.yaml"));
    Random random = new Random(0);
    int refused = 0;
    for (int i = 0; i < FILES; i++) {
      byte[] mutated = mutate(original, random);
      refused +=
          assertTimeoutPreemptively(Duration.ofSeconds(20), () -> isRefused(mutated)) ? 1 : 0;
    }
    assertThat(refused).isBetween(FILES / 4, FILES - 1);
  }

  private static boolean isRefused(byte[] content) {
    try {
      ReadRecipes.of("mutated.yaml", content, false);
      return false;
    } catch (RecipeException e) {
      assertThat(e.getMessage()).startsWith("mutated.yaml");
      return true;
    }
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] mutated = original.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(mutated.length);
      switch (random.nextInt(5)) {
        case 0 -> mutated[at] = (byte) random.nextInt(256);
        case 1 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> mutated = Arrays.copyOf(mutated, Math.max(1, at));
        case 3 -> mutated = insert(mutated, at, NASTY.get(random.nextInt(NASTY.size())));
        default -> {
          int length = Math.min(random.nextInt(200), mutated.length - at);
          String part = new String(mutated, at, length, StandardCharsets.ISO_8859_1);
          mutated = insert(mutated, random.nextInt(mutated.length), part);
        }
      }
    }
    return mutated;
  }

  private static byte[] insert(byte[] into, int at, String text) {
    byte[] inserted = text.getBytes(StandardCharsets.UTF_8);
    byte[] result = new byte[into.length + inserted.length];
    System.arraycopy(into, 0, result, 0, at);
    System.arraycopy(inserted, 0, result, at, inserted.length);
    System.arraycopy(into, at, result, at + inserted.length, into.length - at);
    return result;
  }
}
