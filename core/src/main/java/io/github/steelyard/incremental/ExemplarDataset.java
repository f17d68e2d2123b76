package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Exemplars as a data set, labelled with the classes' rows of the last layer. */
final class ExemplarDataset implements Dataset {
  private final List<String> classNames;
  private final List<Sample> samples = new ArrayList<>();

  ExemplarDataset(List<String> classNames) {
    this.classNames = classNames;
  }

  /** All exemplars of a memory, row by row. */
  static ExemplarDataset of(ExemplarMemory memory, List<String> classNames) {
    ExemplarDataset all = new ExemplarDataset(classNames);
    for (int row = 0; row < memory.classes(); row++) {
      all.add(row, memory.of(row));
    }
    return all;
  }

  void add(int row, List<Image> images) {
    images.forEach(image -> samples.add(new Sample(image, row)));
  }

  @Override
  public String name() {
    return "the exemplars";
  }

  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public Sample sample(int index) {
    return samples.get(index);
  }

  @Override
  public int label(int index) {
    return samples.get(index).label();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Optional<ImageShape> shape() {
    ImageShape first = samples.get(0).image().shape();
    return samples.stream().allMatch(sample -> sample.image().shape().equals(first))
        ? Optional.of(first)
        : Optional.empty();
  }

  @Override
  public String fingerprint() {
    return Digests.ofSamples(samples);
  }
}
