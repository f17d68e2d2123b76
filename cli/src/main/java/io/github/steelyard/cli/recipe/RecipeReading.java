package io.github.steelyard.cli.recipe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads recipes of trainings, and checks which sections can stand beside each other. */
final class RecipeReading {
  private static final String QUICK = "quick";

  private RecipeReading() {}

  /** Reads a recipe without a quick variant. */
  static Recipe read(Mapping root, String fallback) {
    RecipeSections sections = RecipeSections.load();
    List<String> keys = new ArrayList<>(RecipeKeys.OWN);
    keys.addAll(RecipeKeys.TRAINING);
    sections.requireKnown(root, keys);
    if (root.node().has(QUICK)) {
      throw root.error(QUICK, "must be set in the file; --set changes the variant in use");
    }
    Recipe recipe =
        new Recipe(
            RecipeKeys.name(root, fallback),
            root.text("description", ""),
            root.integer("seed", 0),
            RecipeKeys.device(root),
            Optional.ofNullable(root.text("from", null)),
            ModelRecipe.read(root.section("model")),
            DataRecipe.read(root.section("data")),
            LossRecipe.read(root.section("loss")),
            OptimizerRecipe.read(root.section("optimizer")),
            ScheduleRecipe.read(root.section("schedule")),
            root.section("train").read(TrainRecipe.class, TrainRecipe.defaults()),
            sections.read(root));
    check(root, recipe);
    recipe.sections().forEach(section -> section.check(recipe, root.section(section.key())));
    return recipe;
  }

  /** What a training can be made of. */
  private static void check(Mapping root, Recipe recipe) {
    double smoothing = recipe.loss().labelSmoothing();
    Mapping loss = root.section("loss");
    if (recipe.data().mixup().isPresent() && smoothing > 0) {
      throw loss.error(
          "label_smoothing",
          "must be 0 with data.mixup, which smooths the labels itself, but is " + smoothing);
    }
    if (recipe.from().isPresent() && recipe.model().weights() != null) {
      throw root.error(
          "from", "and model.weights both say where the weights are; give one of them");
    }
    boolean begins = recipe.from().isPresent() || recipe.model().weights() != null;
    if (!begins
        && !recipe.has(RecipeSection.Place.QUANTIZE)
        && recipe.loss().teacher().filter(TeacherRecipe::isFullPrecision).isPresent()) {
      throw loss.error(
          "teacher",
          "must be a model with weights where the training begins with random ones; full_precision"
              + " is the model that the key 'from' names");
    }
  }
}
