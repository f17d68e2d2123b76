package io.github.steelyard.train;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How much each batch of an optimizer step counts: as much as what its mean was divided by, which
 * is the number of its samples where these count alike. The weights of the batches to come are not
 * known, so each is taken for as heavy as those before it; where that was wrong, the gradients so
 * far are rescaled.
 */
final class StepWeights {
  private final int batches;
  private int taken;
  private double newest;
  private double sum;

  /** What the shares given so far are meant for. */
  private double total;

  StepWeights(int batches) {
    this.batches = batches;
  }

  /**
   * Takes the next batch in.
   *
   * @return what the gradients so far must be multiplied with, 1 while all batches are alike
   */
  double take(double weight) {
    double before = total;
    taken++;
    newest = weight;
    sum += weight;
    boolean alike = sum == taken * weight;
    total = alike ? batches * weight : sum;
    return taken == 1 || before == total ? 1 : before / total;
  }

  /** Whether the last batch was taken. */
  boolean isComplete() {
    return taken == batches;
  }

  /** The share of the newest batch's mean loss. */
  Tensor of(Tensor loss) {
    double parts = parts();
    return parts == 1 ? loss : loss.div(new Scalar(parts));
  }

  /** What the newest batch's mean loss is divided by. */
  double parts() {
    return total / newest;
  }
}
