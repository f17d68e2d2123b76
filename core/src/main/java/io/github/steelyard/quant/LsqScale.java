package io.github.steelyard.quant;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The scale that an {@link Lsq} learns: empty until a first tensor gives it its size and value.
 *
 * @param owner the quantizer, for messages
 * @param slice what shares a scale
 * @param parameter one value for each slice
 */
record LsqScale(Lsq owner, Slice slice, Parameter parameter) {
  private static final double SMALLEST = 1e-5;

  Tensor tensor() {
    return parameter.tensor();
  }

  boolean isInitialized() {
    return tensor().numel() > 0;
  }

  /** As it is used for a tensor: without gradient, at least 1e-5, broadcastable against it. */
  Tensor value(Tensor against) {
    return clamped(tensor().detach(), against.shape());
  }

  Tensor clamped(Tensor scales, long[] shape) {
    return scales.clamp_min(new Scalar(SMALLEST)).view(slice.broadcast(shape));
  }

  /** Takes a factor of the mean size over each slice. */
  void initialize(Tensor first, double factor) {
    if (first.numel() == 0) {
      throw new IllegalArgumentException(
          owner
              + " cannot take its first scale from an empty tensor of shape "
              + Arrays.toString(first.shape()));
    }
    Scope.withoutGradient(
        () -> {
          Tensor magnitude =
              first
                  .detach()
                  .to(tensor().scalar_type().intern())
                  .abs()
                  .mean(slice.reduced(first.shape()), false, new ScalarTypeOptional());
          Tensor scales = magnitude.mul(new Scalar(factor)).reshape(-1);
          if (!scales.isfinite().all().item_bool()) {
            throw new IllegalArgumentException(
                owner + " cannot take its first scale from a tensor with NaN or infinite values");
          }
          allocate(scales.clamp_min(new Scalar(SMALLEST)));
        });
  }

  /** Brings stored values back to the smallest one that is used; all others keep their bits. */
  void hold() {
    if (isInitialized()) {
      Scope.withoutGradient(() -> tensor().clamp_min_(new Scalar(SMALLEST)));
    }
  }

  /** How many stored values are the smallest that is used. */
  long smallest() {
    return tensor().le(new Scalar(SMALLEST)).sum().item_long();
  }

  /** Gives the scale its size and first value. */
  void allocate(Tensor first) {
    tensor().set_data(first.clone());
  }

  /** Refuses a tensor with another number of slices. */
  void requireFits(Tensor value) {
    long there = tensor().numel();
    if (slice.scales(value.shape()) != there) {
      throw new ShapeException(
          owner,
          "with "
              + there
              + " slices along dimension "
              + slice.dimension(value.shape())
              + " (one for each scale)",
          value);
    }
  }
}
