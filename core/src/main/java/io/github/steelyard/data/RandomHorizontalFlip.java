package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Mirrors left and right with a probability, as torchvision's RandomHorizontalFlip.
 *
 * @param probability 0 to 1; usually 0.5
 */
public record RandomHorizontalFlip(double probability) implements Transform {
  /**
   * Checks the probability.
   *
   * @param probability 0 to 1; usually 0.5
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomHorizontalFlip {
    Ranges.checkProbability("a flip", probability);
  }

  @Override
  public Image apply(Image image, RandomGenerator random) {
    return random.nextDouble() < probability ? image.mirrored() : image;
  }
}
