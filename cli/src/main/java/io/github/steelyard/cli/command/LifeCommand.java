package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.life.LifeRun;
import io.github.steelyard.cli.run.RunOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "life",
    description = {
      "Take one network through its whole life as a recipe says: train, prune, quantize, extend,"
          + " explain, export.",
      "Each stage is a run of its own in the life's folder. Stages that make no sense in their order"
          + " are refused before anything runs. Ctrl-C finishes the step, saves and exits; --resume"
          + " goes on inside the stage, and repeats none that is finished."
    },
    footer = {"", "Example:", "  steelyard life recipes/life-vit-mini.yaml --quick"})
public final class LifeCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;
  @Mixin private RunOptions runs;

  @Parameters(paramLabel = "RECIPE", description = "The recipe, a YAML file with a list 'stages'.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    return LifeRun.run(options.readLife(file), runs, output);
  }
}
