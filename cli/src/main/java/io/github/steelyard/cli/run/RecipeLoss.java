package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.LossRecipe;
import io.github.steelyard.cli.recipe.TeacherRecipe;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Distillation;
import io.github.steelyard.train.Loss;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes what a recipe's section {@code loss} says: its notes say what was done to a teacher. */
record RecipeLoss(TrainingSetup setup, DataLoader data, Set<String> notes) {
  /** What is minimized, before sections change it. */
  Loss loss() throws IOException {
    LossRecipe chosen = setup.recipe().loss();
    CrossEntropy plain = new CrossEntropy(chosen.labelSmoothing());
    CrossEntropy base = classWeights().map(plain::withClassWeights).orElse(plain);
    if (chosen.adversarial().isPresent()) {
      return UsageException.unless(
          () -> new AdversarialLoss(chosen.adversarial().get(), setup.domain(), base));
    }
    if (chosen.teacher().isEmpty()) {
      return base;
    }
    TeacherRecipe teacher = chosen.teacher().get();
    return new Distillation(base, teacher(teacher), teacher.distillation());
  }

  /** How much each class counts, in the order of the labels. */
  Optional<List<Double>> classWeights() {
    return setup.recipe().loss().classWeights().map(weights -> weights.of(data.dataset()));
  }

  private Module teacher(TeacherRecipe chosen) throws IOException {
    if (chosen.isFullPrecision()) {
      return setup.original();
    }
    Module teacher =
        RecipeModel.create(RecipeModel.fitted(chosen.model().orElseThrow(), data), true, notes);
    teacher.to(setup.device());
    return teacher;
  }
}
