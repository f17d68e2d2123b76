package io.github.steelyard.interaction;

/**
 * Where a network was cut: the activation at a tap, or the network's output.
 *
 * @param name the tap's dotted path, or {@link Segments#OUTPUT}
 * @param width coordinates at each position, the constant one included
 * @param positions positions of a sequence; 1 if the activation has no position axis
 * @param sequence whether the activation has a position axis
 * @param constant whether the last coordinate is the constant 1 that carries the biases; true for
 *     all but the output
 */
public record NodeLayer(String name, int width, int positions, boolean sequence, boolean constant) {

  /**
   * The activation's own coordinates.
   *
   * @return the width without the constant coordinate
   */
  public int features() {
    return constant ? width - 1 : width;
  }

  @Override
  public String toString() {
    return "%s (%d%s)"
        .formatted(name, features(), positions == 1 ? "" : " at " + positions + " positions");
  }
}
