package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.life.LifeRun;
import io.github.steelyard.cli.run.RunOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Take a small network through its whole life on real images: train it, make it robust and"
          + " sparse, give it few bits, teach it new classes, look into it, export it.",
      "Prints a row for each stage and writes a report with pictures. It is the life of"
          + " recipes/demo.yaml, which says where each setting comes from. Needs no download."
    },
    footer = {"", "Example:", "  steelyard demo --quick"})
public final class DemoCommand implements Callable<Integer> {
  private static final String RECIPE = "recipes/demo.yaml";

  @Mixin private Output output;
  @Mixin private RecipeOptions options;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "runs/demo",
      description =
          "Where the stages and the report go, in the place of an earlier demo; ${DEFAULT-VALUE} if"
              + " not given.")
  private Path folder;

  @Option(names = "--resume", description = "Continue the demo that was interrupted.")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    return LifeRun.run(options.parseLife(RECIPE, content()), RunOptions.of(folder, resume), output);
  }

  private static byte[] content() throws IOException {
    try (InputStream in = DemoCommand.class.getResourceAsStream("/" + RECIPE)) {
      if (in == null) {
        throw new IOException(RECIPE + " is missing from steelyard-cli's jar");
      }
      return in.readAllBytes();
    }
  }
}
