package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** Builds single batches; depends on nothing but its arguments, so any thread may build any. */
final class BatchPreparation {
  private static final int SAMPLE = 1;
  private static final int BATCH = 2;

  private final Dataset dataset;
  private final Preprocessing preprocessing;
  private final List<BatchTransform> batchTransforms;
  private final LoaderConfiguration configuration;
  private final float[][] table;
  private final ImageShape shape;

  BatchPreparation(
      Dataset dataset,
      Preprocessing preprocessing,
      List<BatchTransform> batchTransforms,
      LoaderConfiguration configuration)
      throws IOException {
    this.dataset = dataset;
    this.preprocessing = preprocessing;
    this.batchTransforms = List.copyOf(batchTransforms);
    this.configuration = configuration;
    this.table = preprocessing.normalization().table();
    this.shape = transformed(dataset.sample(0).image(), sampleRandom(0, 0, 0)).shape();
    if (shape.channels() != table.length) {
      throw new IllegalArgumentException(
          "%s gives images of %d channels, but the normalization is for %d"
              .formatted(dataset.name(), shape.channels(), table.length));
    }
  }

  ImageShape shape() {
    return shape;
  }

  /** Whether batches cannot be made in parts. */
  boolean needsWholeBatches() {
    return !batchTransforms.isEmpty();
  }

  /** The samples of an epoch of so many. */
  int[] order(long epoch, int length) {
    return SampleOrder.of(dataset, configuration, epoch, length);
  }

  /**
   * Builds one batch.
   *
   * @param skipped how many samples of the batch come before these
   * @param indices the samples
   * @param number the batch's number in the epoch
   * @param values where the inputs go, of exactly the right length
   * @param stopped asked between samples; true ends the work with CancellationException
   * @throws UncheckedIOException if a sample cannot be read
   */
  HostBatch prepare(
      long epoch, int number, int skipped, int[] indices, float[] values, BooleanSupplier stopped) {
    int[] labels = new int[indices.length];
    for (int k = 0; k < indices.length; k++) {
      if (stopped.getAsBoolean()) {
        throw new CancellationException("The loader was closed");
      }
      long place = (long) number * configuration.batchSize() + skipped + k;
      RandomGenerator random = sampleRandom(epoch, indices[k], place);
      labels[k] = prepareSample(random, indices[k], values, k * shape.values());
    }
    HostBatch batch = new HostBatch(shape, dataset.classNames().size(), values, labels);
    RandomGenerator random =
        new SplittableRandom(Seeds.derive(configuration.seed(), epoch, BATCH, number));
    batchTransforms.forEach(transform -> transform.apply(batch, random));
    return batch;
  }

  private int prepareSample(RandomGenerator random, int index, float[] values, int offset) {
    try {
      Sample sample = dataset.sample(index);
      Image image = transformed(sample.image(), random);
      if (!image.shape().equals(shape)) {
        throw new IllegalArgumentException(
            "after the transforms it is %s, but sample 0 was %s; end the transforms with a crop or"
                    .formatted(image.shape(), shape)
                + " resize to one size");
      }
      Normalization.apply(table, image, values, offset);
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

  /** A sample that an epoch has several times is augmented in another way each time. */
  private RandomGenerator sampleRandom(long epoch, int index, long place) {
    long seed = configuration.seed();
    return new SplittableRandom(
        configuration.balanced()
            ? Seeds.derive(seed, epoch, SAMPLE, index, place)
            : Seeds.derive(seed, epoch, SAMPLE, index));
  }
}
