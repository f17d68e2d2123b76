package io.github.steelyard.interaction;

/** What happens to the biases within a segment when its constant coordinate changes. */
public enum BiasFolding {
  /**
   * Biases are weights of the constant coordinate: they are multiplied by it. The method's
   * definition. Needs every parameter within the segments to belong to a layer whose bias is known:
   * Linear, LayerNorm, Conv2d, BatchNorm.
   */
  FOLDED,
  /**
   * Biases belong to the function: the constant coordinate passes by without any effect. Takes any
   * module.
   */
  FIXED
}
