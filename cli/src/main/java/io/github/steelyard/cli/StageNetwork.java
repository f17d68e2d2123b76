package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The network of a finished run, ready to be measured.
 *
 * @param recipe the run's recipe, fitting the data
 * @param checkpoint where its weights are
 * @param model the network, on its device
 * @param device where it computes
 * @param data its data
 * @param test the test data of the classes that it knows
 */
record StageNetwork(
    Recipe recipe, Path checkpoint, Module model, Device device, RecipeData data, DataLoader test) {

  /**
   * Loads it.
   *
   * @param settings what is changed in the run's recipe, such as where its data are
   * @throws IOException if weights or data cannot be read
   */
  static StageNetwork open(RunDirectory run, List<String> settings) throws IOException {
    Recipe written = RunModel.recipe(run, settings);
    Device device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData data = new RecipeData(written.data(), written.seed());
    DataLoader test = data.test();
    Recipe recipe = written.withModel(RecipeModel.fitted(written.model(), test));
    Path checkpoint = RunModel.checkpoint(run, recipe, false);
    Module model = RunModel.load(recipe, checkpoint);
    model.to(device);
    return new StageNetwork(recipe, checkpoint, model, device, data, test);
  }
}
