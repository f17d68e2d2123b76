package io.github.steelyard.robust;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Chooses the weights that stay by scores that are learned (HYDRA: Sehwag, Wang, Mittal and Jana,
 * "HYDRA: Pruning Adversarially Robust Neural Networks", NeurIPS 2020, arXiv 2002.10509): {@code
 * value = v · m}, where the mask m is 0 for the {@code floor((1 - keep) · n)} weights of the lowest
 * |score| and 1 for the others. The gradient goes straight through the mask to |score|:
 *
 * <pre>
 * dL/dscore = sign(score) · v · dL/d(v · m),   dL/dv = m · dL/d(v · m)
 * </pre>
 *
 * <p>The parameter {@code score} has the weight's shape and is saved with the model, under the name
 * {@code parametrizations.weight.<i>.score}. Cost: a selection among n numbers whenever the scores
 * have changed, and memory for two copies of the weight.
 */
public final class PruningScores extends Parametrization {
  private final double keep;
  private final Parameter score;
  private final Buffer ranked;
  private final Buffer mask;

  /**
   * Scores.
   *
   * @param initial the first scores, of the weight's shape; copied
   * @param keep the share of weights that stays, above 0 and below 1
   * @throws IllegalArgumentException if the share is out of range or leaves no weight
   */
  public PruningScores(Tensor initial, double keep) {
    ScorePruningConfiguration.requireKeep(keep);
    long dropped = dropped(initial.numel(), keep);
    if (dropped >= initial.numel()) {
      throw new IllegalArgumentException(
          "keep " + keep + " leaves none of " + initial.numel() + " weights");
    }
    this.keep = keep;
    score = parameter("score", Scope.computeWithoutGradient(() -> initial.detach().clone()));
    ranked = temporaryBuffer("ranked", Scope.computeWithoutGradient(() -> initial.clone()));
    mask = temporaryBuffer("mask", Scope.computeWithoutGradient(() -> rank(initial)));
  }

  /**
   * The first scores of a trained weight: {@code sqrt(6 / fan_in) · w / max|w|}.
   *
   * @param weight of two or more dimensions
   * @return scores of the weight's shape
   * @throws IllegalArgumentException if all weights are zero or one is not finite
   */
  public static Tensor initial(Tensor weight) {
    return Scope.computeWithoutGradient(
        () -> {
          double largest = weight.abs().max().item_double();
          if (!(largest > 0) || Double.isInfinite(largest)) {
            throw new IllegalArgumentException(
                largest == 0
                    ? "all its weights are zero"
                    : "it holds NaN or infinite values; was the training stable?");
          }
          double fanIn = weight.numel() / (double) weight.size(0);
          return weight.mul(new Scalar(Math.sqrt(6 / fanIn))).div(new Scalar(largest));
        });
  }

  /** How many weights a keep rate takes away. */
  static long dropped(long weights, double keep) {
    return (long) ((1 - keep) * weights);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the weight is not of the scores' shape
   */
  @Override
  public Tensor forward(Tensor value) {
    if (!Arrays.equals(value.shape(), score.shape())) {
      throw new IllegalArgumentException(
          "the scores have shape "
              + Arrays.toString(score.shape())
              + ", not "
              + Arrays.toString(value.shape()));
    }
    // The gradient of the absolute value, and the mask as its value.
    Tensor straight = score.value().abs();
    Scope.withoutGradient(() -> straight.detach().copy_(mask()));
    return value.mul(straight);
  }

  /**
   * Which weights stay.
   *
   * @return the live mask, truth values of the weight's shape
   */
  public Tensor mask() {
    Scope.withoutGradient(
        () -> {
          // An attack runs the network many times between two changes of the scores.
          if (!score.tensor().equal(ranked.tensor())) {
            mask.tensor().copy_(rank(score.tensor()));
            ranked.tensor().copy_(score.tensor());
          }
        });
    return mask.tensor();
  }

  private Tensor rank(Tensor scores) {
    Tensor kept = torch.ones_like(scores).to(ScalarType.Bool).reshape(-1);
    long dropped = dropped(scores.numel(), keep);
    if (dropped > 0) {
      Tensor lowest = scores.abs().reshape(-1).topk(dropped, 0, false, false).get1();
      kept.index_fill_(0, lowest, new Scalar(0.0));
    }
    return kept.reshape(scores.shape());
  }

  /**
   * The learned scores.
   *
   * @return the parameter, of the weight's shape
   */
  public Parameter score() {
    return score;
  }

  /**
   * The share of weights that stays.
   *
   * @return above 0 and below 1
   */
  public double keep() {
    return keep;
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  /** Pruned weights are zero in the layer. */
  @Override
  public boolean holdsZeros() {
    return true;
  }

  @Override
  public String toString() {
    return "PruningScores(keep " + keep + ")";
  }
}
