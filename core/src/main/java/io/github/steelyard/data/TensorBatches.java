package io.github.steelyard.data;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * Batches of samples that are held in memory as tensors of any type: token sequences, generated
 * vectors, activations. The order of an epoch depends only on the seed and the epoch's number.
 */
public final class TensorBatches implements BatchSource {
  private final Tensor inputs;
  private final Tensor targets;
  private final int batchSize;
  private final boolean shuffled;
  private final long seed;

  private TensorBatches(Tensor inputs, Tensor targets, int batchSize, boolean shuffled, long seed) {
    this.inputs = inputs;
    this.targets = targets;
    this.batchSize = batchSize;
    this.shuffled = shuffled;
    this.seed = seed;
  }

  /**
   * Samples in their own order, for evaluation and analysis.
   *
   * @param inputs [n, ...], n at least 1; kept, not copied
   * @param targets class indices int64 [n], or class probabilities [n, classes]; kept, not copied
   * @param batchSize samples in a batch, at least 1; the last batch holds the rest
   * @return the batches
   * @throws IllegalArgumentException if there are no samples, the numbers of inputs and targets
   *     differ or the batch size is below 1
   */
  public static TensorBatches ordered(Tensor inputs, Tensor targets, int batchSize) {
    return checked(inputs, targets, batchSize, false, 0);
  }

  /**
   * Samples in another order each epoch, for training.
   *
   * @param inputs [n, ...], n at least 1; kept, not copied
   * @param targets class indices int64 [n], or class probabilities [n, classes]; kept, not copied
   * @param batchSize samples in a batch, at least 1; the last batch holds the rest
   * @param seed decides the orders
   * @return the batches
   * @throws IllegalArgumentException if there are no samples, the numbers of inputs and targets
   *     differ or the batch size is below 1
   */
  public static TensorBatches shuffled(Tensor inputs, Tensor targets, int batchSize, long seed) {
    return checked(inputs, targets, batchSize, true, seed);
  }

  private static TensorBatches checked(
      Tensor inputs, Tensor targets, int batchSize, boolean shuffled, long seed) {
    if (inputs.dim() < 1 || inputs.size(0) < 1) {
      throw new IllegalArgumentException(
          "inputs must be [n, ...] with n at least 1, but are " + Arrays.toString(inputs.shape()));
    }
    if (targets.dim() < 1 || targets.size(0) != inputs.size(0)) {
      throw new IllegalArgumentException(
          "%d inputs need %d targets, but the targets are of shape %s"
              .formatted(inputs.size(0), inputs.size(0), Arrays.toString(targets.shape())));
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
    }
    return new TensorBatches(
        Scope.keep(inputs.detach()), Scope.keep(targets.detach()), batchSize, shuffled, seed);
  }

  @Override
  public int batchesPerEpoch() {
    return Math.toIntExact((inputs.size(0) + batchSize - 1) / batchSize);
  }

  @Override
  public long samplesBefore(int batch) {
    return Math.min((long) batch * batchSize, inputs.size(0));
  }

  @Override
  public BatchStream epoch(long epoch, int firstBatch) {
    long[] order = new long[Math.toIntExact(inputs.size(0))];
    Arrays.setAll(order, i -> i);
    if (shuffled) {
      SplittableRandom random = new SplittableRandom(Seeds.derive(seed, epoch));
      for (int i = order.length - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        long moved = order[i];
        order[i] = order[other];
        order[other] = moved;
      }
    }
    return new Stream(order, firstBatch);
  }

  private final class Stream implements BatchStream {
    private final long[] order;
    private int next;

    Stream(long[] order, int firstBatch) {
      this.order = order;
      this.next = firstBatch;
    }

    @Override
    public boolean hasNext() {
      return next < batchesPerEpoch();
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the epoch has " + batchesPerEpoch() + " batches");
      }
      int from = next * batchSize;
      int size = Math.min(batchSize, order.length - from);
      next++;
      if (!shuffled) {
        return new Batch(inputs.narrow(0, from, size), targets.narrow(0, from, size));
      }
      Tensor chosen = Tensor.create(Arrays.copyOfRange(order, from, from + size), (long) size);
      return new Batch(inputs.index_select(0, chosen), targets.index_select(0, chosen));
    }

    @Override
    public void close() {}
  }
}
