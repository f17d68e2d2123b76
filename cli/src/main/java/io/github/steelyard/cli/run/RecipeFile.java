package io.github.steelyard.cli.run;

import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The recipe in a run's folder, by which the run is resumed, measured and exported. Its last line
 * is a comment with a checksum of the others, so that a change does not make another network of it
 * unseen.
 */
public final class RecipeFile {
  private static final String COMMENT = "# checksum of the lines above: ";
  private static final Pattern LAST =
      Pattern.compile("^" + COMMENT + "([0-9a-f]{8})\\s*\\z", Pattern.MULTILINE);

  private RecipeFile() {}

  /**
   * Writes a recipe whole or not at all.
   *
   * @param file the run's {@code recipe.yaml}
   * @param recipe what the run does
   * @throws IOException if it cannot be written; the file is then as it was before
   */
  public static void write(Path file, RunRecipe recipe) throws IOException {
    String text = new String(recipe.toBytes(), StandardCharsets.UTF_8);
    String whole = text + COMMENT + checksum(text) + "\n";
    AtomicFile.write(file, whole.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Compares the checksum, if there is one.
   *
   * @throws FileFormatException if the recipe is not the one that was written
   */
  static void requireUnchanged(Path file) throws IOException {
    String text = Files.readString(file);
    Matcher last = LAST.matcher(text);
    if (!last.find()) {
      return; // Of a build that wrote none, or of a person who means the change.
    }
    String found = checksum(text.substring(0, last.start()));
    if (!found.equals(last.group(1))) {
      throw new FileFormatException(
          file,
          "was changed after the run began: its lines have the checksum "
              + found
              + ", not "
              + last.group(1)
              + "; put them back, begin another run with them (--folder), or take the last line out"
              + " if this run is to follow the change");
    }
  }

  private static String checksum(String text) {
    CRC32C checksum = new CRC32C();
    checksum.update(text.getBytes(StandardCharsets.UTF_8));
    return "%08x".formatted(checksum.getValue());
  }
}
