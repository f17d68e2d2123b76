package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;

/**
 * The size of a {@link CifarResNet}.
 *
 * @param blocksPerStage {@code n} of depth {@code 6 n + 2}, at least 1
 * @param width channels of the first stage, at least 1; 16 in the paper
 * @param stemStride stride of the first convolution, at least 1; 1 in the paper, 2 makes the
 *     network about four times cheaper
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout of the pooled features before the head, in [0, 1); 0 in the paper
 */
public record CifarResNetConfiguration(
    int blocksPerStage,
    long width,
    long stemStride,
    long inputChannels,
    long classes,
    double dropout) {
  /**
   * Checks the values.
   *
   * @param blocksPerStage {@code n} of depth {@code 6 n + 2}, at least 1
   * @param width channels of the first stage, at least 1; 16 in the paper
   * @param stemStride stride of the first convolution, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout of the pooled features before the head, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public CifarResNetConfiguration {
    Checks.atLeast(1, blocksPerStage, "CifarResNet", "blocksPerStage");
    Checks.atLeast(1, width, "CifarResNet", "width");
    Checks.atLeast(1, stemStride, "CifarResNet", "stemStride");
    Checks.atLeast(1, inputChannels, "CifarResNet", "inputChannels");
    Checks.atLeast(1, classes, "CifarResNet", "classes");
    Checks.probability(dropout, "CifarResNet", "dropout");
  }
}
