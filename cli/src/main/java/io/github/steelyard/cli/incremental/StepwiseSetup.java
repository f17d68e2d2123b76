package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import java.nio.file.Path;

/**
 * What sections can know where classes are learned step by step: every step is a training of its
 * own.
 *
 * @param recipe the recipe
 * @param device where it computes
 * @param domain the range of inputs
 */
record StepwiseSetup(Recipe recipe, Device device, InputDomain domain) implements TrainingSetup {
  @Override
  public Path folder() {
    throw refused("writes files of its own");
  }

  @Override
  public long stepsPerEpoch() {
    throw refused("needs the number of steps in an epoch");
  }

  @Override
  public long samples() {
    throw refused("needs the number of training samples");
  }

  @Override
  public BatchSource trainingBatches() {
    throw refused("needs samples beforehand");
  }

  @Override
  public Module original() {
    throw refused("needs the network that the training began with");
  }

  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "a section that " + why + " cannot stand beside incremental, whose steps differ");
  }
}
