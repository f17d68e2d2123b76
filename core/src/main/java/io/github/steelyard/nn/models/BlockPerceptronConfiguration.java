package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The sizes of a {@link BlockPerceptron}.
 *
 * @param blocks independent networks, one for each channel of the input, at least 1
 * @param blockInputs pixels of a channel, at least 1
 * @param hidden widths of the hidden layers of each block, each at least 1; may be empty
 * @param blockClasses answers of each block, at least 1
 * @param activation between the layers
 */
public record BlockPerceptronConfiguration(
    int blocks, long blockInputs, List<Integer> hidden, int blockClasses, Activation activation) {
  /**
   * Checks the sizes.
   *
   * @param blocks at least 1
   * @param blockInputs at least 1
   * @param hidden each at least 1
   * @param blockClasses at least 1
   * @param activation between the layers
   * @throws IllegalArgumentException if a size is below 1
   */
  public BlockPerceptronConfiguration {
    Checks.atLeast(1, blocks, "BlockPerceptron", "blocks");
    Checks.atLeast(1, blockInputs, "BlockPerceptron", "blockInputs");
    Checks.atLeast(1, blockClasses, "BlockPerceptron", "blockClasses");
    hidden = List.copyOf(hidden);
    hidden.forEach(width -> Checks.atLeast(1, width, "BlockPerceptron", "a width in hidden"));
  }

  /**
   * The sizes for a number of classes that the blocks decide together.
   *
   * @param blocks independent networks
   * @param blockInputs pixels of a channel
   * @param hidden widths of the hidden layers of each block
   * @param classes of the whole network: the answers of a block to the power of the blocks
   * @param activation between the layers
   * @return the configuration
   * @throws IllegalArgumentException if the classes are no such power or a size is below 1
   */
  public static BlockPerceptronConfiguration ofClasses(
      int blocks, long blockInputs, List<Integer> hidden, int classes, Activation activation) {
    Checks.atLeast(1, blocks, "BlockPerceptron", "blocks");
    long each = Math.round(Math.pow(classes, 1.0 / blocks));
    if (Math.round(Math.pow((double) each, blocks)) != classes) {
      throw new IllegalArgumentException(
          "BlockPerceptron: classes must be a number to the power of %d, as each of the %d blocks decides"
                  .formatted(blocks, blocks)
              + " one part of the class, but is %d; the nearest is %d"
                  .formatted(classes, Math.round(Math.pow((double) each, blocks))));
    }
    return new BlockPerceptronConfiguration(
        blocks, blockInputs, hidden, Math.toIntExact(each), activation);
  }
}
