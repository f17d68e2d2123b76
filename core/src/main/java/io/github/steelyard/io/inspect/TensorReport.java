package io.github.steelyard.io.inspect;

import java.util.List;

/**
 * What one tensor holds. It serializes to JSON as it is: no number in it is NaN or infinite.
 *
 * @param name the tensor's name
 * @param dtype its element type in the safetensors format, such as {@code BF16}
 * @param shape its sizes; empty for a scalar
 * @param elements how many values it has
 * @param bytes how many bytes they take
 * @param statistics the distribution of the values; null if {@code omitted} says why
 * @param spectrum the singular values; null if the tensor has fewer than two dimensions or {@code
 *     omitted} says why
 * @param omitted what was not computed and why, in sentences; empty if nothing was left out
 */
public record TensorReport(
    String name,
    String dtype,
    List<Long> shape,
    long elements,
    long bytes,
    TensorStatistics statistics,
    Spectrum spectrum,
    List<String> omitted) {

  /**
   * Copies the lists.
   *
   * @param name the tensor's name
   * @param dtype its element type
   * @param shape its sizes
   * @param elements how many values it has
   * @param bytes how many bytes they take
   * @param statistics the distribution of the values, or null
   * @param spectrum the singular values, or null
   * @param omitted what was not computed and why
   */
  public TensorReport {
    shape = List.copyOf(shape);
    omitted = List.copyOf(omitted);
  }
}
