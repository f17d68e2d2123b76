package io.github.steelyard.nn;

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
}
