package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Reads recipes as the command does. */
public final class ReadRecipes {
  private ReadRecipes() {}

  /** A file that holds an ordinary recipe. */
  public static Recipe file(Path file, String... settings) throws IOException {
    return (Recipe) RunKinds.load().read(file, false, List.of(settings));
  }

  /** An ordinary recipe, called {@code r.yaml} in messages. */
  public static Recipe of(String yaml, String... settings) {
    return (Recipe) of("r.yaml", yaml.getBytes(StandardCharsets.UTF_8), false, settings);
  }

  /** A recipe of any kind. */
  public static RunRecipe of(String source, byte[] yaml, boolean quick, String... settings) {
    YamlDocument document = YamlDocument.parse(source, yaml);
    String name = Recipe.baseName(Path.of(source));
    try {
      return RunKinds.load().read(document, name, quick, List.of(settings));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
