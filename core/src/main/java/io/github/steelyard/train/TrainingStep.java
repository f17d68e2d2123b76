package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.GradientClipping;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** One optimizer step: forward, backward, checks, clipping, the move, and the hooks around it. */
final class TrainingStep {
  private final Trainer trainer;
  private final TrainingConfiguration configuration;
  private final TrainingState state;
  private final TrainingContext context;

  TrainingStep(Trainer trainer, TrainingState state, TrainingContext context) {
    this.trainer = trainer;
    this.configuration = trainer.configuration;
    this.state = state;
    this.context = context;
  }

  /** Makes a step of as many batches as the configuration says, fewer at the end of an epoch. */
  void run(BatchStream stream) {
    int batches =
        Math.min(configuration.accumulation(), trainer.source.batchesPerEpoch() - state.batch);
    Scope.run(
        () -> {
          if (trainer.schedule != null) {
            trainer.schedule.apply(trainer.optimizer.groups(), state.step);
          }
          trainer.callbacks.values().forEach(callback -> callback.beforeStep(context));
          double loss = accumulate(stream, batches);
          state.gradientNorm = clippedNorm();
          state.loss = loss;
          trainer.callbacks.values().forEach(callback -> callback.afterBackward(context));
          boolean vetoed = context.takeSkipStep();
          if (!vetoed) {
            trainer.optimizer.step();
          }
          trainer.optimizer.zeroGrad();
          state.step++;
          state.batch += batches;
          if (!vetoed) {
            trainer.callbacks.values().forEach(callback -> callback.afterStep(context));
            if (trainer.average != null) {
              trainer.average.update();
            }
          }
        });
  }

  /** The gradients of the mean over all samples of the step, however they are batched. */
  private double accumulate(BatchStream stream, int batches) {
    trainer.optimizer.zeroGrad();
    StepWeights weights = new StepWeights(batches);
    double sum = 0;
    for (int i = 0; i < batches; i++) {
      double before = sum;
      sum = Scope.compute(() -> backward(next(stream), weights, before));
    }
    return sum;
  }

  private Batch next(BatchStream stream) {
    if (!stream.hasNext()) {
      throw new IllegalStateException(
          "the source promised "
              + trainer.source.batchesPerEpoch()
              + " batches in an epoch, but epoch "
              + state.epoch
              + " ended earlier");
    }
    return Batches.on(stream.next(), configuration.device());
  }

  /** Adds the batch's share; penalties do not depend on the batch and count once, with the last. */
  private double backward(Batch batch, StepWeights weights, double before) {
    double rescale = weights.take(batch.size());
    if (rescale != 1) {
      rescaleGradients(rescale);
    }
    Tensor share =
        Autocast.compute(
            configuration.precision(), configuration.device(), () -> share(batch, weights));
    double value = share.item_double();
    if (!Double.isFinite(value)) {
      throw diverged("the loss is " + value);
    }
    if (!share.requires_grad()) {
      throw new IllegalArgumentException(
          "the loss does not depend on any trainable parameter; are all of them frozen?");
    }
    share.backward();
    return before * rescale + value;
  }

  private void rescaleGradients(double factor) {
    Scalar scalar = new Scalar(factor);
    Scope.withoutGradient(
        () -> {
          for (ParameterGroup group : trainer.optimizer.groups()) {
            for (Parameter parameter : group.parameters().values()) {
              if (parameter.grad().defined()) {
                parameter.grad().mul_(scalar);
              }
            }
          }
        });
  }

  private Tensor share(Batch batch, StepWeights weights) {
    Tensor loss = trainer.loss.compute(trainer.model, batch).loss();
    if (loss.numel() != 1) {
      throw new IllegalArgumentException(
          "the loss must be a scalar, but has " + loss.numel() + " elements");
    }
    state.epochLossSum += loss.item_double() * batch.size();
    state.epochSamples += batch.size();
    Tensor share = weights.of(loss);
    if (weights.isComplete()) {
      for (Map.Entry<String, Penalty> entry : trainer.penalties.entrySet()) {
        Tensor penalty = entry.getValue().compute(trainer.model);
        state.penalties.put(entry.getKey(), penalty.item_double());
        share = share.add(penalty);
      }
    }
    return share;
  }

  private double clippedNorm() {
    List<ParameterGroup> groups = trainer.optimizer.groups();
    double limit = configuration.maxGradientNorm();
    double norm =
        limit > 0 ? GradientClipping.byNorm(groups, limit) : GradientClipping.norm(groups);
    if (!Double.isFinite(norm)) {
      throw diverged("the norm of the gradients is " + norm);
    }
    return norm;
  }

  private DivergenceException diverged(String what) {
    return trainer.diverged(state.step + 1, what);
  }
}
