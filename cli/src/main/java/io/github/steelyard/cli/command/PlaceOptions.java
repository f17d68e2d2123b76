package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say where the data are and where to compute. */
public final class PlaceOptions {
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
  public List<String> settings() {
    if (data != null && !Files.isDirectory(data)) {
      throw new UsageException("--data: there is no folder " + data);
    }
    return settings(data, device);
  }

  /** What a folder of data and a device change in a recipe; either may be null. */
  public static List<String> settings(Path data, String device) {
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
}
