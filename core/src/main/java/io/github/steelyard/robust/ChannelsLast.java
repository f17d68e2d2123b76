package io.github.steelyard.robust;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The order in memory in which convolutions on the processor need no copies of their inputs and
 * outputs: all channels of a pixel beside each other. Networks pass it on from layer to layer, so
 * that images in this order are enough. Results are the same but for rounding.
 */
final class ChannelsLast {
  private ChannelsLast() {}

  /** The same values in this order, or the tensor itself where the order brings nothing. */
  static Tensor of(Tensor images) {
    if (images.dim() != 4
        || !images.device().is_cpu()
        || images.scalar_type().intern() != ScalarType.Float) {
      return images;
    }
    if (images.size(1) > 1) {
      return images.contiguous(MemoryFormat.ChannelsLast);
    }
    // A single channel has this order already; only its strides do not say so.
    long height = images.size(2);
    long width = images.size(3);
    return torch.as_strided(
        images.contiguous(), images.shape(), new long[] {height * width, 1, width, 1});
  }
}
