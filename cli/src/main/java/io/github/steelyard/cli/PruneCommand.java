package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
      "  steelyard prune recipes/robust-pruning-fashion-mnist.yaml --from runs/robust"
    })
final class PruneCommand implements Callable<Integer> {
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
    if (from != null && recipe.model().weights() != null) {
      throw new UsageException(
          "--from and the recipe's model.weights both say where the weights are; give one of them");
    }
    Path target = runs.target(recipe);
    return runs.isResume() ? resume(recipe, target, chosen) : begin(recipe, target, chosen);
  }

  private int begin(Recipe recipe, Path target, Optional<Protocol> chosen) throws IOException {
    Optional<FullPrecision> start = source(recipe);
    Training training = new Training(recipe, output.arguments(), start);
    try (RunDirectory run = runs.open(target)) {
      AtomicFile.write(run.recipe(), training.recipe().toBytes());
      return prune(training, run, start, chosen);
    }
  }

  private int resume(Recipe recipe, Path target, Optional<Protocol> chosen) throws IOException {
    try (RunDirectory run = runs.open(target)) {
      Optional<FullPrecision> start =
          Files.exists(FullPrecision.copy(run))
              ? Optional.of(FullPrecision.ofCopy(run, from, recipe))
              : source(recipe);
      Training training = new Training(recipe, output.arguments(), start);
      RunOptions.requireSame(run, training.recipe());
      return prune(training, run, start, chosen);
    }
  }

  private Optional<FullPrecision> source(Recipe recipe) throws IOException {
    return from == null ? Optional.empty() : Optional.of(FullPrecision.of(from, recipe));
  }

  private int prune(
      Training training, RunDirectory run, Optional<FullPrecision> start, Optional<Protocol> chosen)
      throws IOException {
    if (start.isPresent() && !Files.exists(FullPrecision.copy(run))) {
      ModelRecipe own = training.recipe().model();
      Module plain = RecipeModel.create(new ModelRecipe(own.name(), own.options(), null));
      start.get().load(plain);
      FullPrecision.writeCopy(run, start.get(), plain, Map.of());
    }
    training.addPruning(run);
    TrainingResult result = new TrainingSession(training, run, output).complete(runs.isResume());
    if (result.outcome() == TrainingResult.Outcome.INTERRUPTED) {
      return RunOptions.stopped(output, result, "prune", run);
    }
    PrunedResults results =
        new PrunedModelStages(training, run, output.err()).complete(result, chosen, samples);
    PruningReport.of(training, run, RunHistory.read(run.metrics()), results).write(run.report());
    results.print(output, run);
    return 0;
  }
}
