package io.github.steelyard.nn;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What BatchNorm1d and BatchNorm2d compute alike, given their parameters and buffers. */
record BatchNormalization(
    Parameter weight,
    Parameter bias,
    Buffer runningMean,
    Buffer runningVariance,
    Buffer batchesTracked,
    double momentum,
    double epsilon) {

  static Tensor zeroCount() {
    return torch.scalar_tensor(new Scalar(0L), new TensorOptions(ScalarType.Long));
  }

  Tensor apply(Module owner, Tensor input) {
    boolean training = owner.isTraining();
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

  GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.batchNorm(
        input,
        weight.export(graph, "weight"),
        bias.export(graph, "bias"),
        graph.constant("running_mean", runningMean.tensor()),
        graph.constant("running_var", runningVariance.tensor()),
        epsilon);
  }
}
