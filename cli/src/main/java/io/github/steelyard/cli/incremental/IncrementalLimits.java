package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;

/** What a recipe cannot say beside {@code incremental}: each would be without effect, silently. */
final class IncrementalLimits {
  private IncrementalLimits() {}

  static void check(Mapping own, IncrementalRecipe incremental, Recipe recipe) {
    Mapping root = own.parent();
    for (var section : recipe.sections()) {
      Place place = section.kind().place();
      if (!incremental.startsTrained() && (place == Place.QUANTIZE || place == Place.MASK)) {
        throw root.error(
            section.key(),
            "cannot stand beside incremental; learn first, then "
                + (place == Place.MASK ? "prune" : "quantize"));
      }
      if (place == Place.AFTER) {
        throw root.error(
            section.key(),
            "cannot stand beside incremental, whose strategies leave a network each; use it in a"
                + " recipe of its own with the key 'from'");
      }
    }
    if (recipe.from().isPresent() && !incremental.startsTrained()) {
      throw root.error(
          "from", "cannot be used: the first step begins with random weights; leave the key out");
    }
    refuse(
        root.section("loss"),
        "adversarial",
        recipe.loss().adversarial().isPresent(),
        "cannot be used: each step has a loss of its own; leave the key out");
    refuse(
        root.section("data"),
        "validation_samples",
        recipe.data().loading().validationSamples() > 0,
        "must be 0: each step is evaluated on test data");
    refuse(
        root.section("data"),
        "label_noise",
        recipe.data().labelNoise().isPresent(),
        "cannot be used: classes would come before their step; leave the key out");
    refuse(
        root.section("data"),
        "classes",
        !recipe.data().classes().isEmpty(),
        "cannot be used: the steps choose the classes; leave the key out");
    refuse(
        root.section("model"),
        "classes",
        recipe.model().options().classes() != null,
        "is decided by the steps; leave the key out");
    refuse(
        root.section("model"),
        "weights",
        recipe.model().weights() != null,
        "cannot be used: the first step begins with random weights; leave the key out");
    refuse(
        root.section("data"),
        "mixup",
        recipe.data().mixup().isPresent(),
        "cannot be used: each step's loss needs one class a sample; leave the key out");
    refuse(
        root.section("loss"),
        "label_smoothing",
        recipe.loss().labelSmoothing() > 0,
        "must be 0: the strategy decides the loss");
    refuse(
        root.section("loss"),
        "class_weights",
        recipe.loss().classWeights().isPresent(),
        "cannot be used: the strategy decides the loss; leave the key out");
    refuse(
        root.section("data"),
        "balanced",
        recipe.data().loading().balanced(),
        "must be false: the strategy decides which samples a step learns from");
    refuse(
        root.section("loss"),
        "teacher",
        recipe.loss().teacher().isPresent(),
        "cannot be used: the teacher is the model before the step; leave the key out");
    refuse(
        root.section("train"),
        "average_decay",
        recipe.train().averageDecay() > 0,
        "must be 0: weights are not averaged over steps");
    refuse(
        root.section("train"),
        "patience",
        recipe.train().patience() > 0,
        "must be 0: stopping a step by its test accuracy would choose by the test data");
  }

  private static void refuse(Mapping section, String key, boolean isThere, String why) {
    if (isThere) {
      throw section.error(key, why);
    }
  }
}
