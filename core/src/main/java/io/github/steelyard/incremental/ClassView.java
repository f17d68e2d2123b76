package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Sample;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The samples of some classes, labelled with the classes' rows of the last layer. */
final class ClassView implements Dataset {
  private final Dataset whole;
  private final ClassMap classes;
  private final int[] indices;
  private final int[] rows;
  private final String name;

  /**
   * The samples of the classes in a range of rows.
   *
   * @throws IllegalArgumentException if one of these classes has no sample; the message names it
   */
  ClassView(Dataset whole, ClassMap classes, int begin, int end) {
    this.whole = whole;
    this.classes = classes;
    this.rows = classes.rows(whole);
    this.indices =
        IntStream.range(0, whole.size())
            .filter(i -> rows[whole.label(i)] >= begin && rows[whole.label(i)] < end)
            .toArray();
    this.name = whole.name() + ", " + (end - begin) + " classes";
    boolean[] present = new boolean[end];
    Arrays.stream(indices).forEach(i -> present[rows[whole.label(i)]] = true);
    for (int row = begin; row < end; row++) {
      if (!present[row]) {
        throw new IllegalArgumentException(
            whole.name() + " holds no sample of the class '" + classes.classes().get(row) + "'");
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Sample sample(int index) throws IOException {
    return new Sample(whole.sample(indices[index]).image(), label(index));
  }

  @Override
  public int label(int index) {
    return rows[whole.label(indices[index])];
  }

  @Override
  public List<String> classNames() {
    return classes.classes();
  }

  @Override
  public Optional<ImageShape> shape() {
    return whole.shape();
  }

  @Override
  public String fingerprint() {
    return Digests.of(List.of(whole.fingerprint(), name, classes.toString()));
  }

  @Override
  public String describe(int index) {
    return whole.describe(indices[index]);
  }
}
