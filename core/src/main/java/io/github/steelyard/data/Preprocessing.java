package io.github.steelyard.data;

import java.util.List;

/**
 * What happens to each image between the data set and the batch, in this order.
 *
 * @param transforms on 8-bit images: crops, flips, RandAugment
 * @param normalization to floats
 * @param valueTransforms on normalized values: random erasing
 */
public record Preprocessing(
    List<Transform> transforms, Normalization normalization, List<ValueTransform> valueTransforms) {
  /**
   * Copies the lists.
   *
   * @param transforms on 8-bit images: crops, flips, RandAugment
   * @param normalization to floats
   * @param valueTransforms on normalized values: random erasing
   */
  public Preprocessing {
    transforms = List.copyOf(transforms);
    valueTransforms = List.copyOf(valueTransforms);
  }

  /**
   * Transforms, then normalizes.
   *
   * @param normalization to floats
   * @param transforms on 8-bit images, in order; none to only normalize
   * @return the preprocessing
   */
  public static Preprocessing of(Normalization normalization, Transform... transforms) {
    return new Preprocessing(List.of(transforms), normalization, List.of());
  }
}
