package io.github.steelyard.data;

import java.util.List;
import java.util.Optional;

/** Samples of which the labels count and nothing else. */
record LabelsOnly(String name, List<Integer> labels, List<String> classNames) implements Dataset {
  @Override
  public int size() {
    return labels.size();
  }

  @Override
  public Sample sample(int index) {
    throw new UnsupportedOperationException("there are no images");
  }

  @Override
  public int label(int index) {
    return labels.get(index);
  }

  @Override
  public Optional<ImageShape> shape() {
    return Optional.empty();
  }

  @Override
  public String fingerprint() {
    throw new UnsupportedOperationException("there are no images");
  }
}
