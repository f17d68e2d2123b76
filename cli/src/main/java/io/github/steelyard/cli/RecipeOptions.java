package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.LifeRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that change a recipe. */
final class RecipeOptions {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Change a value of the recipe, such as optimizer.lr=0.01; may be repeated.")
  private List<String> settings = List.of();

  @Option(names = "--quick", description = "Use the recipe's quick variant.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder with the data set's files.")
  private Path data;

  @Option(names = "--device", description = "Where to compute: cpu, cuda or cuda:N.")
  private String device;

  RecipeOptions() {}

  /** All changes as settings. */
  List<String> settings() {
    List<String> all = new ArrayList<>(settings);
    all.addAll(settings(data, device));
    return all;
  }

  /** What {@code --data} and {@code --device} change; either may be null. */
  static List<String> settings(Path data, String device) {
    List<String> all = new ArrayList<>();
    if (data != null) {
      all.add(
          "data.folder='" + data.toAbsolutePath().normalize().toString().replace("'", "''") + "'");
    }
    if (device != null) {
      all.add("device=" + device);
    }
    return all;
  }

  Recipe read(Path file) throws IOException {
    return read(file, List.of());
  }

  /** Reads a recipe with further changes, those of a command's own options. */
  Recipe read(Path file, List<String> further) throws IOException {
    requireFile(file);
    List<String> all = settings();
    all.addAll(further);
    return Recipe.read(file, quick, all);
  }

  LifeRecipe readLife(Path file) throws IOException {
    requireFile(file);
    return LifeRecipe.read(file, quick, settings());
  }

  LifeRecipe parseLife(String source, byte[] content) {
    return LifeRecipe.parse(source, content, quick, settings());
  }

  private static void requireFile(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UsageException("there is no recipe file " + file);
    }
  }

  boolean isQuick() {
    return quick;
  }
}
