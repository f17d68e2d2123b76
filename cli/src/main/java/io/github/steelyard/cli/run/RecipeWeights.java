package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.AddedSection;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.compander.CompandWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.quant.WeightQuantizer;
import io.github.steelyard.robust.PruningMask;
import io.github.steelyard.train.Trainer;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a recipe puts on weights below masks and quantizers while they are trained: its compander
 * and the sections of methods from outside; and what is asked of weights besides the loss.
 *
 * @param recipe the recipe
 */
public record RecipeWeights(Recipe recipe) {

  /**
   * Puts it on a model that will be trained; each weight keeps its value where that is possible.
   *
   * @return the model to use from then on
   * @throws UsageException if the model does not suit it
   */
  public Module prepare(Module model) {
    return with(model, recipe.compander().map(CompandWeights::new));
  }

  /**
   * Makes the places for weights that are loaded afterwards.
   *
   * @return the model to use from then on
   * @throws UsageException if the model does not suit it
   */
  Module places(Module model) {
    return with(model, recipe.compander().map(CompandWeights::forStateDict));
  }

  private Module with(Module model, Optional<CompandWeights> compander) {
    return UsageException.unless(
        () -> {
          compander.ifPresent(own -> own.apply(model));
          Module changed = model;
          for (AddedSection<?> section : recipe.added()) {
            changed = section.transform().apply(changed);
          }
          return changed;
        });
  }

  /** Adds penalties, and what acts around the steps, to a training. */
  public void addTo(Trainer trainer) {
    recipe.penalties().penalties().forEach(trainer::penalty);
    for (AddedSection<?> section : recipe.added()) {
      String name = "section." + section.key();
      section.penalty().ifPresent(own -> trainer.penalty(name, own));
      section.callback().ifPresent(own -> trainer.callback(name, own));
    }
  }

  /** Takes off all but quantizers; each weight keeps its value, bit for bit. */
  static void materialize(Module model) {
    materialize(model, WeightQuantizer.class::isInstance);
  }

  /** Takes off what lies below masks and quantizers; each weight keeps its value, bit for bit. */
  public static void materializeBelowMasks(Module model) {
    materialize(model, map -> map instanceof WeightQuantizer || map instanceof PruningMask);
  }

  private static void materialize(Module model, Predicate<Parametrization> stays) {
    for (Module module : List.copyOf(model.namedModules().values())) {
      for (Parameter parameter : module.ownParameters().values()) {
        List<Parametrization> maps = parameter.parametrizations();
        int count = 0;
        while (count < maps.size() && !stays.test(maps.get(count))) {
          count++;
        }
        parameter.materialize(count);
      }
    }
  }
}
