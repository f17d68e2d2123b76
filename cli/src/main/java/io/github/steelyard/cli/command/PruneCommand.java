package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.PruneRun;
import io.github.steelyard.cli.run.RunOptions;
import io.github.steelyard.robust.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "prune",
    description = {
      "Make a model sparse: train it with the recipe's penalties, prune it, train it further under"
          + " the mask, and measure what is left.",
      "The run's folder gets what steelyard train writes and, in exports, a dense and a masked"
          + " safetensors file. Ctrl-C finishes the step, saves and exits; --resume continues bit"
          + " for bit and repeats nothing that is done."
    },
    footer = {
      "",
      "Example:",
      "  steelyard prune recipes/robust-pruning-fashion-mnist.yaml --quick"
    })
public final class PruneCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;
  @Mixin private RunOptions runs;

  @Parameters(
      paramLabel = "RECIPE",
      description = "The recipe, a YAML file with a section 'pruning'.")
  private Path file;

  @Option(
      names = "--from",
      paramLabel = "RUN|FILE",
      description =
          "A trained model to prune: a run's folder, whose best weights are taken, or a safetensors"
              + " file. Without it the recipe trains from random weights first. The run keeps a"
              + " copy, so that --resume does not need it.")
  private Path from;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "quick",
      description =
          "How to attack the pruned model if it was trained against attacks: standard, worst-case,"
              + " quick or none; ${DEFAULT-VALUE} if not given.")
  private String protocol;

  @Option(
      names = "--attack-samples",
      paramLabel = "N",
      defaultValue = "500",
      description = "How many test samples are attacked; 0 for all; ${DEFAULT-VALUE} if not given.")
  private int samples;

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.read(file);
    if (recipe.pruning().isEmpty()) {
      throw new UsageException(
          file + " has no section 'pruning', such as pruning: {sparsity: 0.9}");
    }
    if (recipe.quantization().isPresent()) {
      throw new UsageException(
          file
              + " has a section 'quantization': prune first, then quantize the run's dense weights"
              + " with a recipe that has both");
    }
    Optional<Protocol> chosen =
        protocol.equals("none")
            ? Optional.empty()
            : Optional.of(UsageException.unless(() -> Protocol.of(protocol)));
    PruneRun.Pruned pruned =
        new PruneRun(recipe, Optional.ofNullable(from), chosen, samples, runs, output).complete();
    if (pruned.results().isEmpty()) {
      return RunOptions.stopped(output, pruned.training(), "prune", pruned.run());
    }
    pruned.results().get().print(output, pruned.run());
    return 0;
  }
}
