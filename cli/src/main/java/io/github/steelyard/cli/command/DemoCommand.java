package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RunPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Takes a small network through its whole life. */
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

  DemoCommand() {}

  @Override
  public Integer call() throws IOException {
    RunRecipe life = options.parse("demo.yaml", ShippedRecipe.get("demo").content());
    RunPlace.Mode mode = resume ? RunPlace.Mode.RESUME : RunPlace.Mode.REPLACE;
    try (Stop stop = Stop.onSignals(output.err())) {
      Session session = new Session(output.err(), output.arguments(), stop);
      Ended ended = new Engine(session).run(life, new RunPlace(Optional.of(folder), mode));
      return new EndedOutput(output)
          .print(ended, "steelyard demo --output " + folder + " --resume");
    }
  }
}
