package io.github.steelyard.train;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How much each batch of an optimizer step counts: as much as it has samples. The sizes of the
 * batches to come are not known, so each is taken for as large as those before it; where that was
 * wrong, the gradients so far are rescaled.
 */
final class StepWeights {
  private final int batches;
  private int taken;
  private long size;
  private long samples;

  /** The samples that the weights given so far are meant for. */
  private double total;

  StepWeights(int batches) {
    this.batches = batches;
  }

  /**
   * Takes the next batch in.
   *
   * @return what the gradients so far must be multiplied with, 1 while all batches are alike
   */
  double take(long batchSize) {
    double before = total;
    taken++;
    size = batchSize;
    samples += batchSize;
    boolean alike = samples == taken * batchSize;
    total = alike ? (double) batches * batchSize : samples;
    return taken == 1 || before == total ? 1 : before / total;
  }

  /** Whether the last batch was taken. */
  boolean isComplete() {
    return taken == batches;
  }

  /** The share of the newest batch's mean loss. */
  Tensor of(Tensor loss) {
    double parts = total / size;
    return parts == 1 ? loss : loss.div(new Scalar(parts));
  }
}
