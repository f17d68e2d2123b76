package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;

/**
 * The size of a {@link SmallConvNet}.
 *
 * @param imageSize height and width of the square input, at least 4
 * @param inputChannels channels of the input, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout before the last layer, in [0, 1)
 */
public record SmallConvNetConfiguration(
    long imageSize, long inputChannels, long classes, double dropout) {
  /**
   * Checks the values.
   *
   * @param imageSize height and width of the square input, at least 4
   * @param inputChannels channels of the input, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout before the last layer, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public SmallConvNetConfiguration {
    Checks.atLeast(4, imageSize, "SmallConvNet", "imageSize");
    Checks.atLeast(1, inputChannels, "SmallConvNet", "inputChannels");
    Checks.atLeast(1, classes, "SmallConvNet", "classes");
    Checks.probability(dropout, "SmallConvNet", "dropout");
  }
}
