package io.github.steelyard.incremental;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BiC's bias correction layer (Wu et al., "Large Scale Incremental Learning", CVPR 2019, equation
 * 4): logits o of old classes stay, those of new classes become {@code q_k = alpha o_k + beta}. The
 * two numbers minimize the cross-entropy on samples that training has not seen, as many of each
 * class.
 *
 * <p>As a transform it is folded into the last layer, {@code w_k <- alpha w_k} and {@code b_k <-
 * alpha b_k + beta} for each new class, which gives the same logits without another layer; the next
 * step begins from the corrected classifier, which is also its old model.
 *
 * @param head the last layer's path; empty to find it
 * @param oldClasses how many of the first rows belong to classes of earlier steps, at least 1
 * @param alpha the factor of new classes' logits, a finite number
 * @param beta what is added to them, a finite number
 */
public record BiasCorrection(String head, int oldClasses, double alpha, double beta)
    implements ModelTransform {
  private static final int MOST_ITERATIONS = 100;

  /**
   * Where the data does not say otherwise, the correction stays near alpha = 1, beta = 0: held-out
   * samples that are told apart without error would otherwise ask for an infinite alpha.
   */
  private static final double RIDGE = 1e-3;

  /**
   * Checks the numbers.
   *
   * @param head the last layer's path; empty to find it
   * @param oldClasses at least 1
   * @param alpha a finite number
   * @param beta a finite number
   * @throws IllegalArgumentException if a number is out of range
   */
  public BiasCorrection {
    if (oldClasses < 1) {
      throw new IllegalArgumentException(
          "bias correction needs at least one old class, but has " + oldClasses);
    }
    if (!Double.isFinite(alpha) || !Double.isFinite(beta)) {
      throw new IllegalArgumentException(
          "alpha and beta must be finite, but are " + alpha + " and " + beta);
    }
  }

  /**
   * Finds the two numbers by Newton's method: the objective is convex, {@code CE(alpha, beta) +
   * 0.0005 ((alpha - 1)^2 + beta^2)}.
   *
   * @param head the last layer's path; empty to find it
   * @param oldClasses how many of the first columns are old classes, at least 1
   * @param logits of held-out samples, float [n, classes]
   * @param labels their rows, int64 [n]
   * @return the correction
   * @throws IllegalArgumentException if there is no sample, no new class, or the shapes do not fit
   */
  public static BiasCorrection fit(String head, int oldClasses, Tensor logits, Tensor labels) {
    boolean fits =
        logits.dim() == 2
            && labels.dim() == 1
            && labels.size(0) == logits.size(0)
            && logits.size(0) > 0
            && logits.size(1) > oldClasses;
    if (!fits) {
      throw new IllegalArgumentException(
          "bias correction needs logits [n, old and new classes] and labels [n], but has "
              + Arrays.toString(logits.shape())
              + " with "
              + oldClasses
              + " old classes and "
              + Arrays.toString(labels.shape()));
    }
    return Scope.computeWithoutGradient(
        () -> {
          Objective objective =
              new Objective(logits.detach().cpu().to(ScalarType.Double), labels.cpu(), oldClasses);
          double[] found = objective.minimum();
          return new BiasCorrection(head, oldClasses, found[0], found[1]);
        });
  }

  /** The regularized cross-entropy of the two numbers. */
  private record Objective(Tensor logits, Tensor labels, int oldClasses) {

    double[] minimum() {
      double[] at = {1, 0};
      double value = value(at);
      for (int i = 0; i < MOST_ITERATIONS; i++) {
        double[] here = at;
        double[] d = Scope.compute(() -> derivatives(here));
        double determinant = d[2] * d[4] - d[3] * d[3];
        double[] step = {
          (d[3] * d[1] - d[4] * d[0]) / determinant, (d[3] * d[0] - d[2] * d[1]) / determinant
        };
        double slope = d[0] * step[0] + d[1] * step[1];
        double length = 1;
        double[] next = moved(at, step, length);
        while (value(next) > value + 1e-4 * length * slope && length > 1e-12) {
          length /= 2;
          next = moved(at, step, length);
        }
        double better = value(next);
        if (!(better < value)) {
          break;
        }
        at = next;
        value = better;
      }
      return at;
    }

    private static double[] moved(double[] at, double[] step, double length) {
      return new double[] {at[0] + length * step[0], at[1] + length * step[1]};
    }

    private double value(double[] at) {
      return Scope.compute(
          () ->
              torch.cross_entropy_loss(corrected(at), labels).item_double()
                  + RIDGE / 2 * ((at[0] - 1) * (at[0] - 1) + at[1] * at[1]));
    }

    private Tensor corrected(double[] at) {
      Tensor result = logits.clone();
      fresh(result).mul_(new Scalar(at[0])).add_(new Scalar(at[1]));
      return result;
    }

    private Tensor fresh(Tensor tensor) {
      return tensor.narrow(1, oldClasses, logits.size(1) - oldClasses);
    }

    /** By alpha, by beta, and the second derivatives alpha-alpha, alpha-beta, beta-beta. */
    private double[] derivatives(double[] at) {
      Tensor p = fresh(torch.softmax(corrected(at), 1));
      Tensor y = fresh(torch.one_hot(labels, logits.size(1)));
      Tensor o = fresh(logits);
      Tensor po = p.mul(o).sum(1);
      Tensor mass = p.sum(1);
      Tensor error = p.sub(y);
      return new double[] {
        mean(error.mul(o).sum(1)) + RIDGE * (at[0] - 1),
        mean(error.sum(1)) + RIDGE * at[1],
        mean(p.mul(o).mul(o).sum(1).sub(po.mul(po))) + RIDGE,
        mean(po.sub(po.mul(mass))),
        mean(mass.sub(mass.mul(mass))) + RIDGE
      };
    }

    private static double mean(Tensor values) {
      return values.mean().item_double();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the last layer is not a Linear, has no bias, no rows of new
   *     classes or a parametrization without inverse; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    ClassifierHead found = ClassifierHead.of(model, head);
    Linear layer = found.linear();
    Parameter bias = requireBias(found);
    long classes = layer.outFeatures();
    if (oldClasses >= classes) {
      throw new IllegalArgumentException(
          "bias correction needs rows of new classes, but all " + classes + " rows are old");
    }
    HeadRows.requireAssignable(layer.weight(), found.path() + ".weight", "bias correction");
    HeadRows.requireAssignable(bias, found.path() + ".bias", "bias correction");
    Scope.withoutGradient(
        () -> {
          Tensor weights = layer.weight().value().clone();
          Tensor biases = bias.value().clone();
          HeadRows.of(weights, oldClasses, classes).mul_(new Scalar(alpha));
          HeadRows.of(biases, oldClasses, classes).mul_(new Scalar(alpha)).add_(new Scalar(beta));
          HeadRows.assign(layer.weight(), weights, oldClasses);
          HeadRows.assign(bias, biases, oldClasses);
        });
    return model;
  }

  static Parameter requireBias(ClassifierHead head) {
    return head.linear()
        .bias()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "bias correction needs a last layer with a bias, but '"
                        + head.path()
                        + "' has none"));
  }
}
