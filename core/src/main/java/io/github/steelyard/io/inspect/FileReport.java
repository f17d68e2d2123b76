package io.github.steelyard.io.inspect;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

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

  /**
   * The product of the largest singular values of all matrices. It bounds the Lipschitz constant
   * (L2) of a chain of linear layers with activations that do not stretch; for other networks it is
   * a number to compare. Convolutions count as their matrix, embeddings are included.
   *
   * @return its decimal logarithm, negative infinity if one is zero; empty if no matrix's singular
   *     values were computed
   */
  public OptionalDouble log10SpectralNormProduct() {
    return tensors.stream()
        .map(TensorReport::spectrum)
        .filter(Objects::nonNull)
        .mapToDouble(spectrum -> Math.log10(spectrum.spectralNorm()))
        .reduce(Double::sum);
  }
}
