package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of a {@link ResNet}.
 *
 * @param bottleneck whether blocks are bottlenecks (50 layers and more) or basic (18 and 34)
 * @param blocks number of blocks in each of the four stages, each at least 1
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 */
public record ResNetConfiguration(
    boolean bottleneck, List<Integer> blocks, long inputChannels, long classes) {
  /**
   * Checks the values.
   *
   * @param bottleneck whether blocks are bottlenecks (50 layers and more) or basic (18 and 34)
   * @param blocks number of blocks in each of the four stages, each at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public ResNetConfiguration {
    blocks = List.copyOf(blocks);
    if (blocks.size() != 4 || blocks.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(
          "ResNet: blocks must be four numbers of at least 1, but is " + blocks);
    }
    Checks.atLeast(1, inputChannels, "ResNet", "inputChannels");
    Checks.atLeast(1, classes, "ResNet", "classes");
  }
}
