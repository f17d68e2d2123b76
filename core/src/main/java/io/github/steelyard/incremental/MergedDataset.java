package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Sample;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Several data sets as one. Classes of the same name are the same class. */
public final class MergedDataset implements Dataset {
  private final String name;
  private final List<Dataset> parts;
  private final List<String> classNames;
  private final int[] begins;
  private final int[][] labels;

  /**
   * Merges data sets.
   *
   * @param name what the data is
   * @param parts the data sets, at least one
   * @throws IllegalArgumentException if there is none
   * @throws ArithmeticException if there are more than 2^31 samples
   */
  public MergedDataset(String name, List<Dataset> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(name + " holds no data set");
    }
    this.name = name;
    this.parts = List.copyOf(parts);
    Set<String> names = new LinkedHashSet<>();
    begins = new int[parts.size() + 1];
    for (int i = 0; i < parts.size(); i++) {
      names.addAll(parts.get(i).classNames());
      begins[i + 1] = Math.addExact(begins[i], parts.get(i).size());
    }
    classNames = List.copyOf(names);
    labels =
        parts.stream()
            .map(part -> part.classNames().stream().mapToInt(classNames::indexOf).toArray())
            .toArray(int[][]::new);
  }

  private int part(int index) {
    Objects.checkIndex(index, size());
    int part = 0;
    while (index >= begins[part + 1]) {
      part++;
    }
    return part;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return begins[parts.size()];
  }

  @Override
  public Sample sample(int index) throws IOException {
    int part = part(index);
    Sample sample = parts.get(part).sample(index - begins[part]);
    return new Sample(sample.image(), label(index));
  }

  @Override
  public int label(int index) {
    int part = part(index);
    return labels[part][parts.get(part).label(index - begins[part])];
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Optional<ImageShape> shape() {
    Optional<ImageShape> first = parts.get(0).shape();
    return parts.stream().allMatch(part -> part.shape().equals(first)) ? first : Optional.empty();
  }

  @Override
  public String fingerprint() {
    return Digests.of(parts.stream().map(Dataset::fingerprint).toList());
  }

  @Override
  public String describe(int index) {
    int part = part(index);
    return parts.get(part).describe(index - begins[part]);
  }
}
