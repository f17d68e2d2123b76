package io.github.steelyard.nn;

import io.github.steelyard.runtime.Distributed;

/**
 * Lets every batch normalization of a model use the mean and the variance of the whole batch over
 * all {@linkplain Distributed ranks}, in the forward and in the backward pass (PyTorch's {@code
 * SyncBatchNorm}), as one process does. Without a group it changes nothing.
 *
 * <p>Cost: two reductions of one number per channel for each layer in the forward pass, and two in
 * the backward pass, all of which the ranks wait for; several element-wise passes in the place of
 * one fused one. When not to use it: where each rank's part has some tens of samples, whose own
 * statistics do as well.
 */
public record SynchronizeBatchNorm() implements ModelTransform {
  @Override
  public Module apply(Module model) {
    for (Module module : model.namedModules().values()) {
      if (module instanceof BatchNorm norm) {
        norm.normalization().setSynchronized();
      }
    }
    return model;
  }
}
