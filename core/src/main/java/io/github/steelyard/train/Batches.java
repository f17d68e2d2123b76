package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** Checks batches and brings them to the model's device. */
final class Batches {
  private Batches() {}

  static Batch on(Batch batch, Device device) {
    Tensor inputs = batch.inputs();
    Tensor targets = batch.targets();
    boolean isPart = Distributed.current().size() > 1; // The ranks agree that it is not empty.
    if (inputs.dim() == 0 || (inputs.size(0) == 0 && !isPart)) {
      throw new IllegalArgumentException(
          "the source gave an empty batch of shape " + Arrays.toString(inputs.shape()));
    }
    if (targets.dim() == 0 || targets.size(0) != inputs.size(0)) {
      throw new IllegalArgumentException(
          "the source gave "
              + inputs.size(0)
              + " inputs but targets of shape "
              + Arrays.toString(targets.shape()));
    }
    if (device.equals(Device.CPU)) {
      return batch;
    }
    return new Batch(
        inputs.to(device.torch(), inputs.scalar_type()),
        targets.to(device.torch(), targets.scalar_type()));
  }
}
