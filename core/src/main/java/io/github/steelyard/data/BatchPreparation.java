package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Builds single batches; depends on nothing but its arguments, so any thread may build any. */
final class BatchPreparation {
  private static final int ORDER = 0;
  private static final int SAMPLE = 1;
  private static final int BATCH = 2;

  private final Dataset dataset;
  private final Preprocessing preprocessing;
  private final List<BatchTransform> batchTransforms;
  private final long seed;
  private final float[][] table;
  private final ImageShape shape;

  BatchPreparation(
      Dataset dataset, Preprocessing preprocessing, List<BatchTransform> batchTransforms, long seed)
      throws IOException {
    this.dataset = dataset;
    this.preprocessing = preprocessing;
    this.batchTransforms = List.copyOf(batchTransforms);
    this.seed = seed;
    this.table = preprocessing.normalization().table();
    this.shape = transformed(dataset.sample(0).image(), sampleRandom(0, 0)).shape();
    if (shape.channels() != table.length) {
      throw new IllegalArgumentException(
          "%s gives images of %d channels, but the normalization is for %d"
              .formatted(dataset.name(), shape.channels(), table.length));
    }
  }

  ImageShape shape() {
    return shape;
  }

  /** A permutation that depends on seed and epoch only. */
  int[] order(long epoch, boolean shuffle) {
    return shuffle
        ? shuffled(dataset.size(), new SplittableRandom(Seeds.derive(seed, epoch, ORDER)))
        : IntStream.range(0, dataset.size()).toArray();
  }

  /** The numbers from 0 in random order. */
  static int[] shuffled(int count, RandomGenerator random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int place = random.nextInt(i + 1);
      order[i] = order[place];
      order[place] = i;
    }
    return order;
  }

  /**
   * Builds one batch.
   *
   * @param indices the samples
   * @param number the batch's number in the epoch
   * @param values where the inputs go, of exactly the right length
   * @param stopped asked between samples; true ends the work with CancellationException
   * @throws UncheckedIOException if a sample cannot be read
   */
  HostBatch prepare(
      long epoch, int number, int[] indices, float[] values, BooleanSupplier stopped) {
    int[] labels = new int[indices.length];
    for (int k = 0; k < indices.length; k++) {
      if (stopped.getAsBoolean()) {
        throw new CancellationException("The loader was closed");
      }
      labels[k] = prepareSample(epoch, indices[k], values, k * shape.values());
    }
    HostBatch batch = new HostBatch(shape, dataset.classNames().size(), values, labels);
    RandomGenerator random = new SplittableRandom(Seeds.derive(seed, epoch, BATCH, number));
    batchTransforms.forEach(transform -> transform.apply(batch, random));
    return batch;
  }

  private int prepareSample(long epoch, int index, float[] values, int offset) {
    try {
      RandomGenerator random = sampleRandom(epoch, index);
      Sample sample = dataset.sample(index);
      Image image = transformed(sample.image(), random);
      if (!image.shape().equals(shape)) {
        throw new IllegalArgumentException(
            "after the transforms it is %s, but sample 0 was %s; end the transforms with a crop or"
                    .formatted(image.shape(), shape)
                + " resize to one size");
      }
      normalize(image, values, offset);
      for (ValueTransform transform : preprocessing.valueTransforms()) {
        transform.apply(values, offset, shape, random);
      }
      if (sample.label() < 0 || sample.label() >= dataset.classNames().size()) {
        throw new IllegalArgumentException(
            "its label is %d, but there are %d classes"
                .formatted(sample.label(), dataset.classNames().size()));
      }
      return sample.label();
    } catch (IOException e) {
      throw new UncheckedIOException(message(index, e), e);
    } catch (RuntimeException e) {
      throw new IllegalStateException(message(index, e), e);
    }
  }

  private String message(int index, Exception cause) {
    return "Sample %d of %s (%s): %s"
        .formatted(index, dataset.name(), dataset.describe(index), cause.getMessage());
  }

  private Image transformed(Image image, RandomGenerator random) {
    Image result = image;
    for (Transform transform : preprocessing.transforms()) {
      result = transform.apply(result, random);
    }
    return result;
  }

  private void normalize(Image image, float[] values, int offset) {
    byte[] pixels = image.pixels();
    int plane = shape.height() * shape.width();
    for (int c = 0; c < table.length; c++) {
      float[] lookup = table[c];
      int from = c * plane;
      for (int i = from; i < from + plane; i++) {
        values[offset + i] = lookup[pixels[i] & 0xFF];
      }
    }
  }

  private RandomGenerator sampleRandom(long epoch, int index) {
    return new SplittableRandom(Seeds.derive(seed, epoch, SAMPLE, index));
  }
}
