package io.github.steelyard.io.onnx;

import static io.github.steelyard.nn.export.GraphValue.DYNAMIC;

import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The shapes that operators give. They throw {@link IllegalArgumentException} with what does not
 * fit; the caller adds where.
 */
final class OnnxShapes {
  private OnnxShapes() {}

  static int axis(GraphValue value, int axis) {
    int dimensions = value.shape().length;
    int positive = axis < 0 ? axis + dimensions : axis;
    if (positive < 0 || positive >= dimensions) {
      throw new IllegalArgumentException("there is no axis " + axis + " in " + text(value));
    }
    return positive;
  }

  /** An axis that is cut, padded or averaged. */
  static int fixedAxis(GraphValue value, int axis) {
    int positive = axis(value, axis);
    if (value.shape()[positive] == DYNAMIC) {
      throw new IllegalArgumentException(
          "axis " + axis + " of " + text(value) + " depends on the batch, which may be any size");
    }
    return positive;
  }

  /** An axis of which the elements of a range are taken. */
  static int range(GraphValue value, int axis, long start, long end) {
    int positive = fixedAxis(value, axis);
    if (start < 0 || start >= end || end > value.shape()[positive]) {
      throw new IllegalArgumentException(
          "there are no elements "
              + start
              + " to "
              + end
              + " along axis "
              + axis
              + " of "
              + text(value));
    }
    return positive;
  }

  static long[] broadcast(long[] left, long[] right) {
    int dimensions = Math.max(left.length, right.length);
    long[] common = new long[dimensions];
    for (int i = 1; i <= dimensions; i++) {
      long a = i <= left.length ? left[left.length - i] : 1;
      long b = i <= right.length ? right[right.length - i] : 1;
      if (a != b && a != 1 && b != 1) {
        throw new IllegalArgumentException(
            text(left) + " and " + text(right) + " cannot be broadcast to a common shape");
      }
      common[dimensions - i] = a == 1 ? b : a;
    }
    return common;
  }

  static long[] matmul(long[] left, long[] right) {
    int l = left.length;
    int r = right.length;
    if (l < 2 || r < 2 || left[l - 1] != right[r - 2]) {
      throw new IllegalArgumentException(
          text(left) + " and " + text(right) + " have no matrix product");
    }
    long[] before = broadcast(Arrays.copyOf(left, l - 2), Arrays.copyOf(right, r - 2));
    long[] product = Arrays.copyOf(before, before.length + 2);
    product[before.length] = left[l - 2];
    product[before.length + 1] = right[r - 1];
    return product;
  }

  /** Height and width of what slides over an image, and how. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Window(long[] kernel, long[] stride, long[] padding, long[] dilation) {}

  /** The shape after pooling. */
  static long[] slide(Window window, GraphValue input) {
    long[] shape = input.shape();
    require(shape.length == 4, input, "[batch, channels, height, width]");
    for (int i = 0; i < 2; i++) {
      long reach = window.dilation()[i] * (window.kernel()[i] - 1) + 1;
      long room = shape[2 + i] + 2 * window.padding()[i] - reach;
      require(room >= 0, input, "an image that is not smaller than the window");
      shape[2 + i] = room / window.stride()[i] + 1;
    }
    return shape;
  }

  /** The shape after a convolution. */
  static long[] slide(Window window, GraphValue input, long inChannels, long outChannels) {
    long[] shape = slide(window, input);
    requireSize(input, 1, inChannels);
    shape[1] = outChannels;
    return shape;
  }

  static long[] permute(GraphValue input, int[] axes) {
    long[] shape = input.shape();
    int[] sorted = axes.clone();
    Arrays.sort(sorted);
    if (!Arrays.equals(sorted, IntStream.range(0, shape.length).toArray())) {
      throw new IllegalArgumentException(
          Arrays.toString(axes) + " is not an order of the axes of " + text(input));
    }
    return Arrays.stream(axes).mapToLong(axis -> shape[axis]).toArray();
  }

  static long[] without(long[] shape, int axis) {
    return join(Arrays.copyOf(shape, axis), Arrays.copyOfRange(shape, axis + 1, shape.length));
  }

  static long[] join(long[] first, long[] second) {
    return LongStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  static long[] reshape(GraphValue input, long[] target) {
    long[] shape = input.shape();
    long elements = product(shape);
    long wanted = product(target);
    long open = count(target);
    boolean dynamic = count(shape) > 0;
    boolean fits = open == 0 ? !dynamic && elements == wanted : dynamic || elements % wanted == 0;
    if (open > 1 || !fits) {
      throw new IllegalArgumentException(
          text(shape)
              + " cannot take the shape "
              + text(target)
              + (dynamic && open == 0 ? ", which leaves no room for the batch" : ""));
    }
    long[] result = target.clone();
    for (int i = 0; i < result.length; i++) {
      if (result[i] == DYNAMIC && !dynamic) {
        result[i] = elements / wanted;
      }
    }
    return result;
  }

  static long[] concatenate(int axis, List<GraphValue> values) {
    long[] total = values.get(0).shape();
    for (GraphValue value : values.subList(1, values.size())) {
      long[] shape = value.shape();
      fixedAxis(value, axis);
      long size = shape[axis];
      shape[axis] = total[axis];
      if (!Arrays.equals(shape, total)) {
        throw new IllegalArgumentException(
            values.stream().map(OnnxShapes::text).toList() + " do not fit side by side at " + axis);
      }
      total[axis] += size;
    }
    return total;
  }

  /** Returns the axis, so that it can stand where a value is asked for. */
  static int requireSize(GraphValue value, int axis, long size) {
    int positive = axis(value, axis);
    require(value.shape()[positive] == size, value, "size " + size + " at axis " + axis);
    return positive;
  }

  private static void require(boolean fits, GraphValue value, String expected) {
    if (!fits) {
      throw new IllegalArgumentException("expected " + expected + ", but was given " + text(value));
    }
  }

  private static String text(GraphValue value) {
    return text(value.shape());
  }

  private static String text(long[] shape) {
    return Arrays.stream(shape)
        .mapToObj(size -> size == DYNAMIC ? OnnxGraph.BATCH : Long.toString(size))
        .toList()
        .toString();
  }

  private static long product(long[] shape) {
    return Arrays.stream(shape).filter(size -> size != DYNAMIC).reduce(1, Math::multiplyExact);
  }

  private static long count(long[] shape) {
    return Arrays.stream(shape).filter(size -> size == DYNAMIC).count();
  }
}
