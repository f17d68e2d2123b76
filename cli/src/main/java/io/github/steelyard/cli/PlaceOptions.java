package io.github.steelyard.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of commands that take a finished run: where its data are now, where to compute. */
final class PlaceOptions {
  @Option(names = "--data", paramLabel = "DIR", description = "The folder with the data's files.")
  private Path data;

  @Option(names = "--device", description = "Where to compute: cpu, cuda or cuda:N.")
  private String device;

  PlaceOptions() {}

  /** What they change in the run's recipe. */
  List<String> settings() {
    return RecipeOptions.settings(data, device);
  }
}
