package io.github.steelyard.nn;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What {@link BatchNorm1d} and {@link BatchNorm2d} hold and compute alike. */
public final class BatchNormalization {
  private final Module owner;
  private final long channels;
  private final double momentum;
  private final double epsilon;
  private final Parameter weight;
  private final Parameter bias;
  private final Buffer runningMean;
  private final Buffer runningVariance;
  private final Buffer batchesTracked;
  private boolean held;

  /**
   * Registers parameters and buffers in the owner.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  BatchNormalization(Module owner, long channels, double momentum, double epsilon) {
    String layer = owner.getClass().getSimpleName();
    this.owner = owner;
    this.channels = Checks.atLeast(1, channels, layer, "channels");
    if (!(momentum > 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          layer + ": momentum must be above 0 and at most 1, but is " + momentum);
    }
    this.momentum = momentum;
    this.epsilon = Checks.positive(epsilon, layer, "epsilon");
    weight = owner.parameter("weight", torch.ones(channels));
    bias = owner.parameter("bias", torch.zeros(channels));
    runningMean = owner.buffer("running_mean", torch.zeros(channels));
    runningVariance = owner.buffer("running_var", torch.ones(channels));
    Tensor none = torch.scalar_tensor(new Scalar(0L), new TensorOptions(ScalarType.Long));
    batchesTracked = owner.buffer("num_batches_tracked", none);
  }

  Tensor forward(Tensor input) {
    boolean training = owner.isTraining() && !held;
    if (training) {
      if (input.numel() == input.size(1)) {
        throw new ShapeException(owner, "with several values per channel in training mode", input);
      }
      batchesTracked.tensor().add_(new Scalar(1L));
    }
    return torch.batch_norm(
        input,
        new TensorOptional(weight.value()),
        new TensorOptional(bias.value()),
        new TensorOptional(runningMean.tensor()),
        new TensorOptional(runningVariance.tensor()),
        training,
        momentum,
        epsilon,
        false);
  }

  /** Whether the running statistics are used, and stay, in training mode too. */
  void setHeld(boolean held) {
    this.held = held;
  }

  /** PyTorch before 0.4.1, and many programs, do not save the counter; only training counts on. */
  void adaptState(String path, ForeignState state) {
    String counter = ModuleTree.join(path, "num_batches_tracked");
    if (state.get(counter).isEmpty()
        && state.get(ModuleTree.join(path, "running_mean")).isPresent()) {
      state.put(
          counter, torch.zeros_like(batchesTracked.tensor()), "set to 0, as they are missing");
    }
  }

  GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.batchNorm(
        input,
        weight.export(graph, "weight"),
        bias.export(graph, "bias"),
        graph.constant("running_mean", runningMean.tensor()),
        graph.constant("running_var", runningVariance.tensor()),
        epsilon);
  }

  Parameter weight() {
    return weight;
  }

  Parameter bias() {
    return bias;
  }

  Buffer runningMean() {
    return runningMean;
  }

  Buffer runningVariance() {
    return runningVariance;
  }

  long channels() {
    return channels;
  }

  double momentum() {
    return momentum;
  }

  double epsilon() {
    return epsilon;
  }
}
