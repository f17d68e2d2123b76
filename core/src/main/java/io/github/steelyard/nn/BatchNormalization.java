package io.github.steelyard.nn;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
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
  private boolean synchronizes;

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
      if (synchronizes && Distributed.current().size() > 1) {
        return overRanks(input);
      }
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

  /** The batch is that of all ranks; the running variance is without bias. */
  private Tensor overRanks(Tensor input) {
    Distributed ranks = Distributed.current();
    long[] samples = LongStream.range(0, input.dim()).filter(d -> d != 1).toArray();
    long[] perChannel = new long[(int) input.dim()];
    Arrays.fill(perChannel, 1);
    perChannel[1] = channels;
    double count = 0;
    for (double[] rank : ranks.gather((double) input.numel() / channels)) {
      count += rank[0];
    }
    Tensor mean = mean(ranks, input, samples, count);
    Tensor centred = input.sub(mean.view(perChannel));
    Tensor variance = mean(ranks, centred.square(), samples, count);
    Scalar step = new Scalar(momentum);
    Tensor unbiased = variance.detach().mul(new Scalar(count / (count - 1)));
    Scope.withoutGradient(
        () -> {
          runningMean.tensor().lerp_(mean.detach(), step);
          runningVariance.tensor().lerp_(unbiased, step);
        });
    Tensor scale = variance.add(new Scalar(epsilon)).rsqrt().mul(weight.value());
    return centred.mul(scale.view(perChannel)).add(bias.value().view(perChannel));
  }

  private static Tensor mean(Distributed ranks, Tensor values, long[] samples, double count) {
    Tensor sum = values.sum(samples, false, new ScalarTypeOptional());
    return ranks.sumWithGradient(sum).div(new Scalar(count));
  }

  void setSynchronized() {
    synchronizes = true;
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
