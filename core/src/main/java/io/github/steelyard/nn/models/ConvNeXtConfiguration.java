package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of a {@link ConvNeXt}.
 *
 * @param depths number of blocks in each stage, each at least 1
 * @param channels of each stage, each at least 1
 * @param layerScale first value of the factors of each branch, above 0; 1e-6 in the paper
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout of the features before the classifier, in [0, 1)
 * @param dropPath probability of the last block's residual branch to be dropped, in [0, 1); it
 *     grows linearly from 0 at the first block; 0.1 in the paper
 */
public record ConvNeXtConfiguration(
    List<Integer> depths,
    List<Integer> channels,
    double layerScale,
    long inputChannels,
    long classes,
    double dropout,
    double dropPath) {
  /**
   * Checks the values.
   *
   * @param depths number of blocks in each stage, each at least 1
   * @param channels of each stage, each at least 1
   * @param layerScale first value of the factors of each branch, above 0
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout of the features before the classifier, in [0, 1)
   * @param dropPath probability of the last block's residual branch to be dropped, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range, or stages differ in number
   */
  public ConvNeXtConfiguration {
    depths = List.copyOf(depths);
    channels = List.copyOf(channels);
    String model = "ConvNeXt";
    Checks.atLeast(1, depths.size(), model, "the number of stages");
    depths.forEach(depth -> Checks.atLeast(1, depth, model, "depths"));
    channels.forEach(count -> Checks.atLeast(1, count, model, "channels"));
    if (depths.size() != channels.size()) {
      throw new IllegalArgumentException(
          "ConvNeXt: depths "
              + depths
              + " and channels "
              + channels
              + " must be as many, one for each stage");
    }
    Checks.positive(layerScale, model, "layerScale");
    Checks.atLeast(1, inputChannels, model, "inputChannels");
    Checks.atLeast(1, classes, model, "classes");
    Checks.probability(dropout, model, "dropout");
    Checks.probability(dropPath, model, "dropPath");
  }
}
