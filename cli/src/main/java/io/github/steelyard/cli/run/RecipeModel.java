package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictReport;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes the model that a recipe describes, fitting the data. */
public final class RecipeModel {
  private RecipeModel() {}

  /**
   * Fills in what the data decides: classes, channels and image size.
   *
   * @param recipe which model
   * @param data what it is measured on
   * @return the model with its options filled in
   * @throws UsageException if the recipe chose another value, or the images are not square
   */
  public static ModelRecipe fitted(ModelRecipe recipe, DataLoader data) {
    int classes = data.dataset().classNames().size();
    requireSame(recipe, "classes", recipe.options().classes(), classes, data);
    ModelRecipe fitted = fittedToImages(recipe, data);
    return known(recipe).contains("classes")
        ? recipe.withOptions(fitted.options().with(o -> o.classes = classes))
        : fitted;
  }

  private static Set<String> known(ModelRecipe recipe) {
    return Models.get(recipe.name()).defaults().chosen().keySet();
  }

  /**
   * Fills in channels and image size only, for a model whose classes come step by step.
   *
   * @param recipe which model
   * @param data what it is measured on
   * @return the model with its options filled in
   * @throws UsageException if the recipe chose another value, or the images are not square
   */
  public static ModelRecipe fittedToImages(ModelRecipe recipe, DataLoader data) {
    Set<String> known = known(recipe);
    ImageShape shape = data.sampleShape();
    ModelOptions options = recipe.options();
    requireTokens(recipe, shape, data);
    requireSame(recipe, "input_channels", options.inputChannels(), shape.channels(), data);
    requireSame(recipe, "image_size", options.imageSize(), shape.height(), data);
    if (known.contains("imageSize") && shape.height() != shape.width()) {
      throw new UsageException(
          "the model "
              + recipe.name()
              + " takes square images, but those of "
              + data.dataset().name()
              + " are "
              + shape);
    }
    if (known.contains("inputChannels")) {
      options = options.with(o -> o.inputChannels = shape.channels());
    }
    if (known.contains("imageSize")) {
      options = options.with(o -> o.imageSize = shape.height());
    }
    return recipe.withOptions(options);
  }

  /** A model of token rows takes as many as it was made for; only their length follows the data. */
  private static void requireTokens(ModelRecipe recipe, ImageShape shape, DataLoader data) {
    List<Integer> usual = Models.get(recipe.name()).inputShape();
    if (!known(recipe).contains("imageSize")
        && (shape.channels() != usual.get(0) || shape.height() != usual.get(1))) {
      throw new UsageException(
          "the model "
              + recipe.name()
              + " takes samples of "
              + usual.get(1)
              + " rows, such as those of the data set modular-addition, but those of "
              + data.dataset().name()
              + " are "
              + shape);
    }
  }

  private static void requireSame(
      ModelRecipe recipe, String key, Integer chosen, int actual, DataLoader data) {
    if (chosen != null && chosen != actual) {
      throw new UsageException(
          "model."
              + key
              + " is "
              + chosen
              + " for "
              + recipe.name()
              + ", but "
              + data.dataset().name()
              + " has "
              + actual
              + "; leave the key out to follow the data");
    }
  }

  /**
   * Makes the model with random weights, or with those of the recipe's file.
   *
   * @param recipe which model
   * @return the model, in the processor's memory
   * @throws IOException if its weights cannot be read
   */
  public static Module create(ModelRecipe recipe) throws IOException {
    return create(recipe, false, new LinkedHashSet<>());
  }

  /**
   * Makes the model.
   *
   * @param trained whether it must know the classes already, as a teacher does
   * @param notes gets, in plain sentences, what was done to the weights so that they fit
   * @throws UsageException if it must be trained, but its weights have no head for the classes
   */
  static Module create(ModelRecipe recipe, boolean trained, Set<String> notes) throws IOException {
    Module model = UsageException.unless(() -> Models.create(recipe.name(), recipe.options()));
    if (recipe.weights() != null) {
      load(Path.of(recipe.weights()), model, recipe.strict(), trained, notes);
    }
    return model;
  }

  /** Loads a file of any program; see {@link #create(ModelRecipe, boolean, Set)}. */
  static void load(Path file, Module model, boolean strict, boolean trained, Set<String> notes)
      throws IOException {
    narrow(file, model, notes);
    if (strict) {
      ModelFile.loadStrict(file, model);
      return;
    }
    StateDictReport report = ModelFile.load(file, model);
    report.changes().forEach(change -> notes.add(file + ": " + change));
    if (trained && !report.newHeads().isEmpty()) {
      throw new UsageException(
          file
              + " has no trained head for these classes ("
              + String.join("; ", report.changes())
              + "); train it on this data first, with model.weights");
    }
  }

  /** Takes channels from a model that a file has not, as one that gates or filters made compact. */
  private static void narrow(Path file, Module model, Set<String> notes) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      Scope.run(
          () ->
              ChannelRemoval.fit(model, open.readAll())
                  .forEach(change -> notes.add(file + ": " + change)));
    }
  }
}
