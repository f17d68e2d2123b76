package io.github.steelyard.data;

import io.github.steelyard.runtime.Distributed;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.pytorch.Tensor;

/**
 * One of the parts in which each batch is divided among ranks: consecutive samples, no sample in
 * two parts. Where a batch does not divide, parts differ by one sample at most, and the gradient is
 * still that of the mean over all samples. The parts of parts are those of more parts: part 1 of 2,
 * halved, is parts 2 and 3 of 4.
 *
 * @param index which part, from 0
 * @param count how many parts there are, at least 1
 */
public record Part(int index, int count) {
  /** All of it. */
  public static final Part WHOLE = new Part(0, 1);

  private static final System.Logger LOG = System.getLogger(Part.class.getName());
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /**
   * The part of this process in the group of {@linkplain Distributed#current() ranks} that it works
   * in.
   *
   * @return {@link #WHOLE} if it works alone
   */
  public static Part own() {
    Distributed ranks = Distributed.current();
    return new Part(ranks.rank(), ranks.size());
  }

  /**
   * The part of this process in work that is divided by batches. Rank 0 warns, once, where there
   * are fewer batches than ranks.
   *
   * @param batches how many there are
   * @return {@link #own()}
   */
  public static Part ofBatches(int batches) {
    Part own = own();
    if (batches < own.count && own.index == 0 && WARNED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "evaluation data of {0} batches is divided among {1} ranks, so that some have nothing to"
              + " do; choose a smaller data.evaluation_batch_size",
          batches,
          own.count);
    }
    return own;
  }

  /**
   * Checks the numbers.
   *
   * @param index from 0 to count - 1
   * @param count at least 1
   * @throws IllegalArgumentException if there is no such part
   */
  public Part {
    if (count < 1 || index < 0 || index >= count) {
      throw new IllegalArgumentException("there is no part " + index + " of " + count);
    }
  }

  /**
   * The first sample of this part.
   *
   * @param samples of the whole batch
   * @return from 0 to samples
   */
  public int begin(int samples) {
    return begin(samples, index, count);
  }

  /**
   * The sample after the last of this part.
   *
   * @param samples of the whole batch
   * @return from {@link #begin} to samples; the same where the part is empty
   */
  public int end(int samples) {
    return index + 1 == count ? samples : begin(samples, index + 1, count);
  }

  /**
   * How many samples the largest of the parts has.
   *
   * @param samples of the whole batch
   * @return the same for each of the parts
   */
  public int most(int samples) {
    return (samples + count - 1) / count;
  }

  /** By halves, so that the parts of parts do not depend on the size of the whole. */
  private static int begin(int samples, int index, int count) {
    if (count % 2 != 0) {
      return (int) ((long) samples * index / count);
    }
    int half = samples / 2;
    return index < count / 2
        ? begin(half, index, count / 2)
        : half + begin(samples - half, index - count / 2, count / 2);
  }

  /**
   * This part of a batch.
   *
   * @param batch the whole
   * @return views of its tensors
   */
  public Batch of(Batch batch) {
    if (count == 1) {
      return batch;
    }
    int samples = batch.size();
    int begin = begin(samples);
    int size = end(samples) - begin;
    Tensor inputs = batch.inputs().narrow(0, begin, size);
    return new Batch(inputs, batch.targets().narrow(0, begin, size));
  }
}
