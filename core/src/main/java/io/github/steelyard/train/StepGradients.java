package io.github.steelyard.train;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.GradientClipping;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The gradients of one step: of the mean over all its samples, however they are batched. */
final class StepGradients {
  /** A batch's mean loss, and what it was divided by. */
  record Mean(Tensor loss, double weight) {}

  private final TrainingRun run;
  private final RunRecords records;
  private final TrainingState state;
  private final int batches;
  private final StepWeights weights;
  private double rescale = 1;
  private double loss;

  StepGradients(TrainingRun run, RunRecords records, TrainingState state, int batches) {
    this.run = run;
    this.records = records;
    this.state = state;
    this.batches = batches;
    weights = new StepWeights(batches);
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

  /** Adds the batch's share; penalties do not depend on the batch and count once, with the last. */
  void add(long samples, Supplier<Mean> batchLoss) {
    TrainingConfiguration configuration = run.configuration;
    Tensor share =
        Autocast.compute(
            configuration.precision(),
            configuration.device(),
            () -> share(samples, batchLoss.get()));
    double value = share.item_double();
    if (!Double.isFinite(value)) {
      throw records.diverged(state.step + 1, "the loss is " + value);
    }
    if (!share.requires_grad()) {
      throw new IllegalArgumentException(
          "the loss does not depend on any trainable parameter; are all of them frozen?");
    }
    if (rescale != 1) {
      rescaleGradients();
    }
    share.backward();
    loss = loss * rescale + value;
  }

  private Tensor share(long samples, Mean mean) {
    Tensor batchLoss = mean.loss();
    if (batchLoss.numel() != 1) {
      throw new IllegalArgumentException(
          "the loss must be a scalar, but has " + batchLoss.numel() + " elements");
    }
    rescale = weights.take(mean.weight());
    state.epochLossSum += batchLoss.item_double() * mean.weight();
    state.epochWeight += mean.weight();
    state.epochSamples += samples;
    Tensor share = weights.of(batchLoss);
    if (weights.isComplete()) {
      for (Map.Entry<String, Penalty> entry : run.penalties.entrySet()) {
        Tensor penalty = entry.getValue().compute(run.model);
        state.penalties.put(entry.getKey(), penalty.item_double());
        share = share.add(penalty);
      }
    }
    return share;
  }

  private void rescaleGradients() {
    Scalar scalar = new Scalar(rescale);
    Scope.withoutGradient(
        () -> {
          for (ParameterGroup group : run.optimizer.groups()) {
            for (Parameter parameter : group.parameters().values()) {
              if (parameter.grad().defined()) {
                parameter.grad().mul_(scalar);
              }
            }
          }
        });
  }

  /** The norm of all gradients together, which are then clipped as the configuration says. */
  double clippedNorm() {
    List<ParameterGroup> groups = run.optimizer.groups();
    double limit = run.configuration.maxGradientNorm();
    double norm =
        limit > 0 ? GradientClipping.byNorm(groups, limit) : GradientClipping.norm(groups);
    if (!Double.isFinite(norm)) {
      throw records.diverged(state.step + 1, "the norm of the gradients is " + norm);
    }
    return norm;
  }
}
