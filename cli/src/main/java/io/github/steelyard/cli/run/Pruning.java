package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.PruningRecipe;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.GradualPruning;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningSchedule;
import io.github.steelyard.robust.StructuredPruning;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The parts of a training that prune its model. */
public final class Pruning {
  private final PruningRecipe recipe;
  private final long begin;
  private final long end;

  Pruning(PruningRecipe recipe, long stepsPerEpoch) {
    this.recipe = recipe;
    begin = Math.round(recipe.beginEpoch() * stepsPerEpoch);
    end = Math.round(recipe.endEpoch() * stepsPerEpoch);
  }

  /**
   * Removes filters and puts masks on the weights.
   *
   * @throws UsageException if the model cannot be pruned so
   */
  public static void prepare(PruningRecipe recipe, Module model) {
    UsageException.unless(
        () -> {
          recipe.filters().ifPresent(own -> new StructuredPruning(own).apply(model));
          recipe.weights().ifPresent(own -> new MagnitudePruning(own).prepare(model));
          return model;
        });
  }

  /**
   * Keeps the zeros of a model that was pruned before; prunes at once where there are fewer.
   *
   * @throws UsageException if the model cannot be pruned so
   */
  static void apply(PruningRecipe recipe, Module model) {
    if (recipe.filters().isPresent()) {
      throw new UsageException(
          "pruning.filters cannot be in a recipe that quantizes: the weights of a model without its"
              + " filters do not fit the recipe's model");
    }
    MagnitudePruning pruning = new MagnitudePruning(recipe.weights().orElseThrow());
    UsageException.unless(
        () -> pruning.isReached(model) ? pruning.keepZeros(model) : pruning.apply(model));
  }

  /** Gives a fresh model the sizes and masks that a pruned one has in a state dict. */
  static void fit(PruningRecipe recipe, Module model, Map<String, Tensor> state) {
    if (recipe.filters().isPresent()) {
      StructuredPruning.fit(model, plain(state));
    }
    recipe.weights().ifPresent(own -> new MagnitudePruning(own).prepare(model));
  }

  /** Stored weights under the names that they have without masks. */
  private static Map<String, Tensor> plain(Map<String, Tensor> state) {
    Map<String, Tensor> plain = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) ->
            plain.put(name.replaceFirst("parametrizations\\.(\\w+)\\.original$", "$1"), tensor));
    return plain;
  }

  /** Prunes during a training, and keeps the weights as they were before. */
  void addTo(Trainer trainer, RunDirectory run) {
    keepBefore(trainer, run);
    recipe
        .weights()
        .ifPresent(
            own ->
                trainer.callback(
                    "pruning",
                    new GradualPruning(own, new PruningSchedule(begin, end, recipe.every()))));
  }

  /** Keeps the weights as they were before the first of them was pruned. */
  static Path before(RunDirectory run) {
    return run.checkpoints().resolve("before_pruning.safetensors");
  }

  /** Writes the weights before the first pruning; must come before the pruning itself. */
  private void keepBefore(Trainer trainer, RunDirectory run) {
    trainer.callback(
        "before_pruning",
        new Callback() {
          @Override
          public void beforeStep(TrainingContext context) {
            if (context.step() == begin) {
              write(before(run), context.model());
            }
          }
        });
  }

  private static void write(Path file, Module model) {
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> weights = new LinkedHashMap<>();
          LayerWeights.of(model)
              .forEach((path, weight) -> weights.put(name(path), weight.value().contiguous()));
          try {
            SafeTensors.write(file, weights, Map.of("format", "pt"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  static String name(String path) {
    return path.isEmpty() ? "weight" : path + ".weight";
  }
}
