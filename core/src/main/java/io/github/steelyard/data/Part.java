package io.github.steelyard.data;

import io.github.steelyard.runtime.Distributed;
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
