package io.github.steelyard.io.inspect;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a file of weights holds.
 *
 * @param file the file's path as it was given
 * @param elements how many values all tensors have together
 * @param bytes how many bytes these take
 * @param metadata the free text in the file
 * @param tensors one report a tensor, in the file's order
 */
public record FileReport(
    String file,
    long elements,
    long bytes,
    Map<String, String> metadata,
    List<TensorReport> tensors) {

  /**
   * Copies the collections.
   *
   * @param file the file's path
   * @param elements how many values all tensors have together
   * @param bytes how many bytes these take
   * @param metadata the free text in the file
   * @param tensors one report a tensor
   */
  public FileReport {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
  }
}
