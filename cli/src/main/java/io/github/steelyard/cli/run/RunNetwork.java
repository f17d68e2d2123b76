package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The network of a run, ready to be measured.
 *
 * @param recipe the run's recipe, fitting the data
 * @param checkpoint where its weights are
 * @param model the network, on its device
 * @param device where it computes
 * @param data its data
 * @param test the test data of the classes that it knows
 */
public record RunNetwork(
    Recipe recipe, Path checkpoint, Module model, Device device, RecipeData data, DataLoader test) {

  /**
   * Loads it.
   *
   * @param settings what is changed in the run's recipe, such as where its data are
   * @param samples how many test samples; 0 for all
   * @param newest whether the newest weights are wanted, not the best
   * @throws IOException if weights or data cannot be read
   */
  public static RunNetwork open(
      RunDirectory run, List<String> settings, int samples, boolean newest) throws IOException {
    Recipe written = RunModel.recipe(run, settings);
    Device device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData data = new RecipeData(written.data(), written.seed());
    DataLoader test = data.test(samples);
    Recipe recipe = written.withModel(RecipeModel.fitted(written.model(), test));
    Path checkpoint = RunModel.checkpoint(run, recipe, newest);
    Module model = RunModel.load(recipe, checkpoint);
    model.to(device);
    return new RunNetwork(recipe, checkpoint, model, device, data, test);
  }

  /**
   * The network of a recipe with the weights of its file.
   *
   * @param written a recipe whose model has weights
   * @param samples how many test samples; 0 for all
   * @throws IOException if weights or data cannot be read
   */
  public static RunNetwork of(Recipe written, int samples) throws IOException {
    Device device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData data = new RecipeData(written.data(), written.seed());
    DataLoader test = data.test(samples);
    Recipe recipe = written.withModel(RecipeModel.fitted(written.model(), test));
    Module model = RecipeModel.create(recipe.model());
    model.to(device);
    return new RunNetwork(recipe, Path.of(recipe.model().weights()), model, device, data, test);
  }
}
