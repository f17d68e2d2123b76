package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that change a recipe. */
final class RecipeOptions {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Change the recipe, such as train.epochs=5; may be repeated.")
  private List<String> settings = List.of();

  @Option(names = "--quick", description = "Use the recipe's quick variant.")
  private boolean quick;

  @Mixin private PlaceOptions place;

  RecipeOptions() {}

  /** All changes as settings. */
  List<String> settings() {
    List<String> all = new ArrayList<>(settings);
    all.addAll(place.settings());
    return all;
  }

  /** Reads a recipe of any kind. */
  RunRecipe read(Path file) throws IOException {
    requireFile(file, "recipe");
    return RunKinds.load().read(file, quick, settings());
  }

  /** Reads a recipe of any kind from memory. */
  RunRecipe parse(String source, byte[] content) throws IOException {
    YamlDocument document = YamlDocument.parse(source, content);
    return RunKinds.load().read(document, Recipe.baseName(Path.of(source)), quick, settings());
  }

  /**
   * Checks that a file is there.
   *
   * @param kind what should be in it, such as {@code recipe}
   * @throws UsageException if it is not
   */
  static void requireFile(Path file, String kind) {
    if (Files.isDirectory(file)) {
      throw new UsageException(file + " is a folder; give the file of a " + kind);
    }
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          "there is no "
              + kind
              + " "
              + file
              + shipped(file)
              + PathSuggestion.clause(
                  file, Path.of("recipes"), path -> path.toString().endsWith(".yaml")));
    }
  }

  private static String shipped(Path file) {
    String name = Recipe.baseName(file);
    return ShippedRecipe.all().stream().anyMatch(recipe -> recipe.name().equals(name))
        ? " here, but one comes with Steelyard: steelyard recipes copy " + name
        : "";
  }
}
