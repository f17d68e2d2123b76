package io.github.steelyard.data;

import java.io.IOException;
import java.util.List;

/**
 * Batches of a data set: shuffled, transformed and normalized by worker threads ahead of time, and
 * delivered in order. The batches depend only on data set, preprocessing, seed and epoch: not on
 * the number of workers, not on what was read before. So an epoch can begin at any batch.
 *
 * <p>An epoch has as many samples as the data set, without an incomplete last batch where {@link
 * LoaderConfiguration#dropLast} says so, whether {@linkplain LoaderConfiguration#balanced balanced}
 * or not.
 *
 * <p>A sample that cannot be read ends the stream: {@link BatchStream#next()} throws {@link
 * java.io.UncheckedIOException} with the file and the sample named. A transform that fails, or an
 * image of another size than the first one, throws {@link IllegalStateException}.
 *
 * <pre>{@code
 * DataLoader loader = new DataLoader(dataset, preprocessing, LoaderConfiguration.training(128, 0));
 * try (BatchStream batches = loader.epoch(0, 0)) {
 *   while (batches.hasNext()) {
 *     Scope.run(() -> train(batches.next()));
 *   }
 * }
 * }</pre>
 */
public final class DataLoader implements BatchSource {
  private final Dataset dataset;
  private final LoaderConfiguration configuration;
  private final BatchPreparation preparation;
  private final int batches;
  private final int length;

  /**
   * A loader without batch transforms.
   *
   * @param dataset where samples come from
   * @param preprocessing what happens to each image
   * @param configuration batch size, order and workers
   * @throws IOException if the first sample, which is read to learn the shape, cannot be read
   * @throws IllegalArgumentException if no batch would come out, or the normalization is for
   *     another number of channels
   */
  public DataLoader(Dataset dataset, Preprocessing preprocessing, LoaderConfiguration configuration)
      throws IOException {
    this(dataset, preprocessing, List.of(), configuration);
  }

  /**
   * A loader.
   *
   * @param dataset where samples come from
   * @param preprocessing what happens to each image
   * @param batchTransforms what happens to each batch, such as mixup
   * @param configuration batch size, order and workers
   * @throws IOException if the first sample, which is read to learn the shape, cannot be read
   * @throws IllegalArgumentException if no batch would come out, or the normalization is for
   *     another number of channels
   */
  public DataLoader(
      Dataset dataset,
      Preprocessing preprocessing,
      List<BatchTransform> batchTransforms,
      LoaderConfiguration configuration)
      throws IOException {
    int size = dataset.size();
    if (size < 1) {
      throw new IllegalArgumentException(dataset.name() + " holds no samples");
    }
    int full = size / configuration.batchSize();
    boolean rest = size % configuration.batchSize() != 0 && !configuration.dropLast();
    this.batches = rest ? full + 1 : full;
    if (batches == 0) {
      throw new IllegalArgumentException(
          "%s holds %d samples, so with a batch size of %d and dropLast no batch remains; use a"
                  .formatted(dataset.name(), size, configuration.batchSize())
              + " batch size of at most "
              + size);
    }
    this.length = configuration.dropLast() ? full * configuration.batchSize() : size;
    this.dataset = dataset;
    this.configuration = configuration;
    this.preparation = new BatchPreparation(dataset, preprocessing, batchTransforms, configuration);
  }

  /**
   * Where samples come from.
   *
   * @return the data set
   */
  public Dataset dataset() {
    return dataset;
  }

  /**
   * The shape of each image in a batch.
   *
   * @return channels, height and width after the transforms
   */
  public ImageShape sampleShape() {
    return preparation.shape();
  }

  @Override
  public int batchesPerEpoch() {
    return batches;
  }

  @Override
  public long samplesBefore(int batch) {
    return Math.min((long) batch * configuration.batchSize(), length);
  }

  @Override
  public BatchStream epoch(long epoch, int firstBatch) {
    return epoch(epoch, firstBatch, Part.WHOLE);
  }

  /**
   * {@inheritDoc} Only the part's samples are read, unless a batch transform such as mixup needs
   * the whole batch.
   */
  @Override
  public BatchStream epoch(long epoch, int firstBatch, Part part) {
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch is at least 0, not " + epoch);
    }
    if (firstBatch < 0 || firstBatch > batches) {
      throw new IllegalArgumentException(
          "firstBatch is 0 to %d, not %d".formatted(batches, firstBatch));
    }
    if (preparation.needsWholeBatches() && part.count() > 1) {
      return new PartStream(epoch(epoch, firstBatch), part);
    }
    return new LoaderStream(preparation, configuration, epoch, firstBatch, batches, length, part);
  }
}
