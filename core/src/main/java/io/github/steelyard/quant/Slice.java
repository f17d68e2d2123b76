package io.github.steelyard.quant;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** Which part of a tensor shares one scale of an {@link Lsq} quantizer. */
public enum Slice {
  /** The whole tensor: the input of a classifier. */
  TENSOR,
  /**
   * All that belongs to one position of the last but one dimension: a token of [n, tokens,
   * channels] or of [n, heads, tokens, channels], a row of a matrix.
   */
  TOKEN,
  /**
   * For the input of a linear layer: as {@link #TOKEN} in a tensor of three dimensions or more, as
   * {@link #TENSOR} in one of two, [n, channels], which has no tokens.
   */
  INPUT,
  /** All that belongs to one position of the last dimension: a channel of [n, tokens, channels]. */
  CHANNEL,
  /** One channel of images [n, channels, height, width]. */
  IMAGE_CHANNEL,
  /** One output channel of a weight: a row of [out, in], a filter of [out, in, height, width]. */
  OUTPUT_CHANNEL;

  /** The dimension of the tensor along which scales differ; -1 for none. */
  int dimension(long[] shape) {
    int needed =
        switch (this) {
          case TENSOR, INPUT -> 0;
          case CHANNEL -> 1;
          case TOKEN, OUTPUT_CHANNEL -> 2;
          case IMAGE_CHANNEL -> 4;
        };
    if (shape.length < needed) {
      throw new IllegalArgumentException(
          "the slice "
              + this
              + " needs a tensor of at least "
              + needed
              + " dimensions, but was given "
              + Arrays.toString(shape));
    }
    return switch (this) {
      case TENSOR -> -1;
      case TOKEN -> shape.length - 2;
      case INPUT -> shape.length > 2 ? shape.length - 2 : -1;
      case CHANNEL -> shape.length - 1;
      case IMAGE_CHANNEL -> 1;
      case OUTPUT_CHANNEL -> 0;
    };
  }

  /** The number of scales that a tensor of this shape needs. */
  long scales(long[] shape) {
    int dimension = dimension(shape);
    return dimension < 0 ? 1 : shape[dimension];
  }

  /** The shape in which the scales broadcast against a tensor of this shape. */
  long[] broadcast(long[] shape) {
    long[] sizes = new long[shape.length];
    Arrays.fill(sizes, 1);
    int dimension = dimension(shape);
    if (dimension >= 0) {
      sizes[dimension] = shape[dimension];
    }
    return sizes;
  }

  /**
   * A view as [n, scales, rest], or [1, scales, rest, 1] if scales differ along the last dimension.
   */
  Tensor view(Tensor tensor, long[] shape) {
    int dimension = dimension(shape);
    long outer = 1;
    long inner = 1;
    for (int i = 0; i < shape.length; i++) {
      if (i < dimension) {
        outer *= shape[i];
      } else if (i > dimension) {
        inner *= shape[i];
      }
    }
    return dimension >= 0 && dimension == shape.length - 1
        ? tensor.view(1, outer, 1, scales(shape)).permute(0, 3, 1, 2)
        : tensor.view(outer, scales(shape), inner);
  }

  /** Undoes {@link #view}. */
  Tensor restore(Tensor view, long[] shape) {
    return (view.dim() == 4 ? view.permute(0, 2, 3, 1) : view).view(shape);
  }

  /** The dimensions over which a tensor of this shape is averaged for its scales. */
  long[] reduced(long[] shape) {
    int kept = dimension(shape);
    long[] dimensions = new long[shape.length - (kept < 0 ? 0 : 1)];
    int next = 0;
    for (int i = 0; i < shape.length; i++) {
      if (i != kept) {
        dimensions[next++] = i;
      }
    }
    return dimensions;
  }
}
