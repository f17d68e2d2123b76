package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of an {@link EfficientNet} or a {@link MobileNetV3}.
 *
 * @param stemChannels channels after the first convolution, at least 1
 * @param stages the blocks, at least one stage
 * @param headChannels channels after the last convolution, at least 1
 * @param activation in stem and head
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout of the features before the classifier, in [0, 1)
 * @param dropPath probability of a block's residual branch to be dropped, in [0, 1), which grows
 *     linearly from 0 at the first block and would be reached after the last
 */
public record MobileNetConfiguration(
    long stemChannels,
    List<MobileStage> stages,
    long headChannels,
    Activation activation,
    long inputChannels,
    long classes,
    double dropout,
    double dropPath) {
  /**
   * Checks the values.
   *
   * @param stemChannels channels after the first convolution, at least 1
   * @param stages the blocks, at least one stage
   * @param headChannels channels after the last convolution, at least 1
   * @param activation in stem and head
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout of the features before the classifier, in [0, 1)
   * @param dropPath probability of a block's residual branch to be dropped, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public MobileNetConfiguration {
    stages = List.copyOf(stages);
    String model = "mobile network";
    Checks.atLeast(1, stemChannels, model, "stemChannels");
    Checks.atLeast(1, stages.size(), model, "the number of stages");
    Checks.atLeast(1, headChannels, model, "headChannels");
    Checks.atLeast(1, inputChannels, model, "inputChannels");
    Checks.atLeast(1, classes, model, "classes");
    Checks.probability(dropout, model, "dropout");
    Checks.probability(dropPath, model, "dropPath");
  }

  /** Channels after the last block. */
  long blockChannels() {
    return stages.get(stages.size() - 1).channels();
  }
}
