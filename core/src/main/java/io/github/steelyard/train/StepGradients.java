package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.GradientClipping;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The gradients of one step: of the mean over all its samples, however they are batched. */
abstract sealed class StepGradients permits LocalGradients, RankGradients, ShardGradients {
  /** A batch's mean loss, and what it was divided by. */
  record Mean(Tensor loss, double weight) {
    static Mean of(LossValue value) {
      return new Mean(value.loss(), value.weight());
    }
  }

  final SteppedRun run;
  final StepWeights weights;
  private final int batches;
  double loss;

  StepGradients(SteppedRun run, int batches) {
    this.run = run;
    this.batches = batches;
    weights = new StepWeights(batches);
  }

  static StepGradients of(SteppedRun run, int batches, Optional<DataParallel> parallel) {
    if (parallel.isEmpty()) {
      return new LocalGradients(run, batches);
    }
    return run.configuration().parallel().deterministic()
        ? new ShardGradients(run, batches, parallel.get())
        : new RankGradients(run, batches, parallel.get());
  }

  int batches() {
    return batches;
  }

  boolean isComplete() {
    return weights.isComplete();
  }

  double loss() {
    return loss;
  }

  /** Adds this process's part of a batch. */
  abstract void add(Loss loss, Batch batch);

  /** Adds this process's part of a batch of so many samples here. */
  abstract void add(long samples, Supplier<Mean> batchLoss);

  final <T> T autocast(Supplier<T> work) {
    return Autocast.compute(run.configuration().precision(), run.configuration().device(), work);
  }

  final void requireFinite(double value, String whose) {
    if (!Double.isFinite(value)) {
      throw run.diverged("the loss is " + value + whose);
    }
  }

  static void requireScalar(Tensor loss) {
    if (loss.numel() != 1) {
      throw new IllegalArgumentException(
          "the loss must be a scalar, but has " + loss.numel() + " elements");
    }
  }

  static void requireGradient(Tensor share) {
    if (!share.requires_grad()) {
      throw new IllegalArgumentException(
          "the loss does not depend on any trainable parameter; are all of them frozen?");
    }
  }

  /** What the loss gets for the weights: it does not depend on the batch. Null if nothing. */
  final Tensor penalties() {
    Tensor sum = null;
    for (Map.Entry<String, Penalty> entry : run.penalties().entrySet()) {
      Tensor penalty = entry.getValue().compute(run.model());
      run.tell(entry.getKey(), penalty.item_double());
      sum = sum == null ? penalty : sum.add(penalty);
    }
    if (sum != null) {
      double penalty = sum.item_double();
      requireFinite(penalty, " of penalties");
      loss += penalty;
    }
    return sum;
  }

  final void rescaleGradients(double factor) {
    Scalar scalar = new Scalar(factor);
    Scope.withoutGradient(
        () -> {
          for (ParameterGroup group : run.optimizer().groups()) {
            for (Parameter parameter : group.parameters().values()) {
              if (parameter.grad().defined()) {
                parameter.grad().mul_(scalar);
              }
            }
          }
        });
  }

  /** The norm of all gradients together, which are then clipped as the configuration says. */
  final double clippedNorm() {
    List<ParameterGroup> groups = run.optimizer().groups();
    double limit = run.configuration().maxGradientNorm();
    double norm =
        limit > 0 ? GradientClipping.byNorm(groups, limit) : GradientClipping.norm(groups);
    if (!Double.isFinite(norm)) {
      throw run.diverged("the norm of the gradients is " + norm);
    }
    return norm;
  }
}
