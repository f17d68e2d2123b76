package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.DistributedRecipe;
import io.github.steelyard.cli.recipe.OptimizerRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.ScheduleRecipe;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Schedule;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.List;

/** Makes what a recipe says about how weights move. */
public record RecipeOptimization(Recipe recipe, Device device) {

  /**
   * The optimizer of a model's parameters.
   *
   * @param model with everything on it that sections put there
   * @return a new optimizer
   */
  public Optimizer optimizer(Module model) {
    OptimizerRecipe chosen = recipe.optimizer();
    List<ParameterGroup> groups =
        chosen.layerDecay() < 1
            ? ParameterGroup.byDepth(
                model, chosen.learningRate(), chosen.weightDecay(), chosen.layerDecay())
            : ParameterGroup.of(model, chosen.learningRate(), chosen.weightDecay());
    return UsageException.unless(() -> Optimizers.create(chosen.name(), groups, chosen.options()));
  }

  /**
   * How long and how is trained.
   *
   * @return the trainer's configuration
   */
  public TrainingConfiguration configuration() {
    DistributedRecipe ranks =
        recipe.section(DistributedRecipe.class).orElse(DistributedRecipe.defaults());
    return recipe
        .train()
        .configuration()
        .with(t -> t.seed = recipe.seed())
        .with(t -> t.device = device)
        .with(t -> t.parallel = ranks.parallel());
  }

  /** Optimizer steps in an epoch of so many batches. */
  long stepsPerEpoch(int batches) {
    int accumulation = recipe.train().accumulation();
    return (batches + accumulation - 1L) / accumulation;
  }

  /**
   * How the learning rate changes.
   *
   * @param stepsPerEpoch optimizer steps, at least 1
   * @return the schedule over the whole training
   */
  public Schedule schedule(long stepsPerEpoch) {
    ScheduleRecipe chosen = recipe.schedule();
    long total = stepsPerEpoch * recipe.train().epochs();
    long warmup = Math.min(total, Math.round(chosen.warmupEpochs() * stepsPerEpoch));
    Schedule main =
        switch (chosen.name()) {
          case "step" -> Schedules.step(steps(chosen.everyEpochs(), stepsPerEpoch), chosen.gamma());
          case "multi_step" ->
              Schedules.multiStep(
                  chosen.milestones().stream()
                      .map(milestone -> Math.max(1, steps(milestone, stepsPerEpoch) - warmup))
                      .toList(),
                  chosen.gamma());
          case "cosine" -> Schedules.cosine(Math.max(1, total - warmup), chosen.minimum());
          default -> Schedules.constant();
        };
    return warmup == 0 ? main : Schedules.warmup(warmup, chosen.warmupStart(), main);
  }

  private static long steps(double epochs, long stepsPerEpoch) {
    return Math.max(1, Math.round(epochs * stepsPerEpoch));
  }
}
