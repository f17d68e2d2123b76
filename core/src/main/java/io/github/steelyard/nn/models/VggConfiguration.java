package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of a {@link Vgg}.
 *
 * @param width channels of the first convolution, at least 1; later ones have 2, 4 and 8 times as
 *     many; 64 in the paper
 * @param pooledSide side of the map that features are averaged to, at least 1; 7 for large images,
 *     1 for small ones
 * @param hidden widths of the hidden linear layers, each at least 1; twice 4096 for large images,
 *     none for small ones
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dropout after each hidden layer, or of the features if there is none, in [0, 1)
 */
public record VggConfiguration(
    long width,
    long pooledSide,
    List<Integer> hidden,
    long inputChannels,
    long classes,
    double dropout) {
  /**
   * Checks the values.
   *
   * @param width channels of the first convolution, at least 1
   * @param pooledSide side of the map that features are averaged to, at least 1
   * @param hidden widths of the hidden linear layers, each at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dropout after each hidden layer, or of the features if there is none, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public VggConfiguration {
    hidden = List.copyOf(hidden);
    Checks.atLeast(1, width, "Vgg", "width");
    Checks.atLeast(1, pooledSide, "Vgg", "pooledSide");
    hidden.forEach(size -> Checks.atLeast(1, size, "Vgg", "a width in hidden"));
    Checks.atLeast(1, inputChannels, "Vgg", "inputChannels");
    Checks.atLeast(1, classes, "Vgg", "classes");
    Checks.probability(dropout, "Vgg", "dropout");
  }
}
