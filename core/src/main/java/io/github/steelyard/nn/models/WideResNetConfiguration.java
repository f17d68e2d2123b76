package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;

/**
 * The size of a {@link WideResNet}.
 *
 * @param depth number of layers, {@code 6 n + 4} with {@code n} blocks in each of the three stages;
 *     at least 10
 * @param width widening factor k: the stages have 16 k, 32 k and 64 k channels; at least 1
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout between the two convolutions of each block, in [0, 1); 0 or 0.3 in the paper
 */
public record WideResNetConfiguration(
    int depth, long width, long inputChannels, long classes, double dropout) {
  /**
   * Checks the values.
   *
   * @param depth number of layers, {@code 6 n + 4}, at least 10
   * @param width widening factor, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout between the two convolutions of each block, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public WideResNetConfiguration {
    if (depth < 10 || (depth - 4) % 6 != 0) {
      throw new IllegalArgumentException(
          "WideResNet: depth must be 6 n + 4, such as 10, 16, 28 or 40, but is "
              + depth
              + "; the nearest is "
              + Math.max(10, Math.round((depth - 4) / 6.0) * 6 + 4));
    }
    Checks.atLeast(1, width, "WideResNet", "width");
    Checks.atLeast(1, inputChannels, "WideResNet", "inputChannels");
    Checks.atLeast(1, classes, "WideResNet", "classes");
    Checks.probability(dropout, "WideResNet", "dropout");
  }

  /** Blocks in each stage. */
  int blocksPerStage() {
    return (depth - 4) / 6;
  }
}
