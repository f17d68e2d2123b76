package io.github.steelyard.cli.recipe;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import java.nio.file.Path;

/** What a section can know of a training when it is set up. */
public interface TrainingSetup {
  /**
   * The recipe.
   *
   * @return with everything filled in that the data decides
   */
  Recipe recipe();

  /**
   * Where it computes.
   *
   * @return the device
   */
  Device device();

  /**
   * The folder of the run.
   *
   * @return may not exist yet; it does from the first step on
   */
  Path folder();

  /**
   * How long an epoch is.
   *
   * @return optimizer steps, at least 1
   */
  long stepsPerEpoch();

  /**
   * How much it learns from.
   *
   * @return training samples in an epoch, at least 1
   */
  long samples();

  /**
   * The range of inputs.
   *
   * @return in the data's units
   */
  InputDomain domain();

  /**
   * The training data, as training will see it.
   *
   * @return batches; epoch 0 is that of the first epoch
   */
  BatchSource trainingBatches();

  /**
   * The network that the training begins from, in full precision and unchanged.
   *
   * @return a model of its own
   * @throws IllegalArgumentException if the training begins with random weights
   */
  Module original();
}
