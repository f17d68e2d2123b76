package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say where the data are and where to compute. */
final class PlaceOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder with the data set's files.")
  private Path data;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Where to compute: cpu, cuda or cuda:N.")
  private String device;

  PlaceOptions() {}

  /** What they change in a recipe. */
  List<String> settings() {
    if (data != null && !Files.isDirectory(data)) {
      throw new UsageException("--data: there is no folder " + data);
    }
    return Recipe.where(data == null ? null : data.toAbsolutePath().normalize().toString(), device);
  }
}
