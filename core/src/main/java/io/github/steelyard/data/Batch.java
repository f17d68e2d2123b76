package io.github.steelyard.data;

import org.bytedeco.pytorch.Tensor;

/**
 * Some samples, as tensors.
 *
 * @param inputs float tensor [n, ...]; images are [n, channels, height, width]
 * @param targets class indices, int64 [n], or class probabilities, float [n, classes]
 */
public record Batch(Tensor inputs, Tensor targets) {
  /**
   * The number of samples.
   *
   * @return n
   */
  public int size() {
    return Math.toIntExact(inputs.size(0));
  }

  /**
   * Whether the targets are probabilities, as mixup and distillation make them.
   *
   * @return false for class indices
   */
  public boolean hasSoftTargets() {
    return targets.is_floating_point();
  }
}
