package io.github.steelyard.nn.export;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A graph under construction and the operators it can be made of. They are named after libtorch's
 * and mean the same, so that {@link Exportable#export} reads like {@code forward}. All values are
 * float32 unless stated. An axis may be negative and then counts from the end. Operators throw
 * {@link ExportException} if shapes do not fit each other.
 */
public interface GraphBuilder {
  /**
   * Where in the model the graph is being built.
   *
   * @return the dotted path of the module; empty for the whole model
   */
  String path();

  /**
   * Builds a part under a longer path, which its nodes and constants are named by.
   *
   * @param name the part's name in the module that owns it
   * @param part builds the part
   * @return what the part gives
   */
  GraphValue within(String name, Supplier<GraphValue> part);

  /**
   * A constant. A tensor that is given twice, as a tied weight is, is stored once.
   *
   * @param name its name in the module that is being built
   * @param value float32, or int64 for indices; used before the export ends, not copied here
   * @return the constant
   */
  GraphValue constant(String name, Tensor value);

  /**
   * A constant {@code scale (integers + offset)} that is stored as its integers, in as few bits as
   * the file's format has for their range, and as its scales.
   *
   * @param name its name in the module that is being built
   * @param integers of type int8; used before the export ends, not copied here
   * @param scale float32, of as many dimensions, broadcast against the integers
   * @param offset what is added to each integer, such as 1/2
   * @return the constant, in the shape of the integers
   */
  GraphValue quantized(String name, Tensor integers, Tensor scale, double offset);

  /**
   * Whether products of quantized factors are to be computed with integers.
   *
   * @return false to compute all in floating point
   */
  boolean multipliesIntegers();

  /**
   * The integers that stand for a constant, which is stored in as few bits as hold them.
   *
   * @param name its name in the module that is exported
   * @param numbers whole numbers of type int8, [in, out]: the right factor of a product
   * @return the constant
   */
  GraphIntegers integers(String name, Tensor numbers);

  /**
   * Counts a value in steps, rounds half to even and keeps the result within bounds. A value that
   * is NaN gives any of the numbers.
   *
   * @param name the scale's name in the module that is exported
   * @param input the value
   * @param scale the steps, above 0: one, or of as many dimensions as the value with at most one
   *     above 1
   * @param lowest the smallest number
   * @param highest the largest number, at most 255 above the smallest
   * @param factor what the numbers are for; {@code lowest} is 0 if the value is never negative
   * @return {@code clamp(round(input / scale), lowest, highest)}
   */
  GraphIntegers integers(
      String name,
      GraphValue input,
      Tensor scale,
      int lowest,
      int highest,
      GraphIntegers.Factor factor);

  /**
   * The matrix product of integers, which are added exactly in 32 bits.
   *
   * @param left [..., rows, inner]
   * @param right [..., inner, columns]
   * @param scale what each column is multiplied by, [columns]; empty for nothing
   * @return float32 [..., rows, columns]
   * @throws ExportException if a sum may leave the range of 32 bits
   */
  GraphValue integerMatmul(GraphIntegers left, GraphIntegers right, Optional<GraphValue> scale);

  /**
   * Numbers as floating-point values.
   *
   * @param numbers the integers
   * @return the same as float32
   */
  GraphValue toFloat(GraphIntegers numbers);

  /**
   * A number that is broadcast against any shape.
   *
   * @param value converted to float32
   * @return the constant, of no dimension
   */
  GraphValue scalar(double value);

  /**
   * {@code x W^T + b}.
   *
   * @param input [..., in]
   * @param weight [out, in]
   * @param bias [out], if there is one
   * @return [..., out]
   */
  GraphValue linear(GraphValue input, GraphValue weight, Optional<GraphValue> bias);

  /**
   * Matrix product of the last two dimensions; those before are broadcast.
   *
   * @param left [..., n, k]
   * @param right [..., k, m]
   * @return [..., n, m]
   */
  GraphValue matmul(GraphValue left, GraphValue right);

  /**
   * Two-dimensional convolution.
   *
   * @param input [n, in, height, width]
   * @param weight [out, in / groups, kernel height, kernel width]
   * @param bias [out], if there is one
   * @param stride from window to window, height and width
   * @param padding zeros at each border, height and width
   * @param dilation between the pixels of a window, height and width
   * @param groups parts of the channels that do not see each other
   * @return [n, out, height', width']
   */
  GraphValue conv2d(
      GraphValue input,
      GraphValue weight,
      Optional<GraphValue> bias,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups);

  /**
   * Sum, broadcast.
   *
   * @param left any shape
   * @param right any shape
   * @return the common shape
   */
  GraphValue add(GraphValue left, GraphValue right);

  /**
   * Difference, broadcast.
   *
   * @param left any shape
   * @param right any shape
   * @return the common shape
   */
  GraphValue sub(GraphValue left, GraphValue right);

  /**
   * Product of elements, broadcast.
   *
   * @param left any shape
   * @param right any shape
   * @return the common shape
   */
  GraphValue mul(GraphValue left, GraphValue right);

  /**
   * Quotient of elements, broadcast.
   *
   * @param left any shape
   * @param right any shape
   * @return the common shape
   */
  GraphValue div(GraphValue left, GraphValue right);

  /**
   * The larger of x and 0.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue relu(GraphValue input);

  /**
   * {@code x Phi(x)} with the exact normal distribution.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue gelu(GraphValue input);

  /**
   * {@code 1 / (1 + exp(-x))}.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue sigmoid(GraphValue input);

  /**
   * {@code min(max(x + 3, 0), 6) / 6}.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue hardsigmoid(GraphValue input);

  /**
   * {@code x hardsigmoid(x)}.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue hardswish(GraphValue input);

  /**
   * Hyperbolic tangent.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue tanh(GraphValue input);

  /**
   * Rounds to the nearest whole number, halves to the even one.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue round(GraphValue input);

  /**
   * -1, 0 or 1.
   *
   * @param input any shape
   * @return the same shape
   */
  GraphValue sign(GraphValue input);

  /**
   * Moves what is outside a range to its nearest bound.
   *
   * @param input any shape
   * @param minimum lower bound
   * @param maximum upper bound
   * @return the same shape
   */
  GraphValue clamp(GraphValue input, double minimum, double maximum);

  /**
   * Exponentials that sum to 1 along an axis.
   *
   * @param input any shape
   * @param axis the axis
   * @return the same shape
   */
  GraphValue softmax(GraphValue input, int axis);

  /**
   * Layer normalization over the last dimension.
   *
   * @param input [..., features]
   * @param weight [features]
   * @param bias [features]
   * @param epsilon added to the variance
   * @return the input's shape
   */
  GraphValue layerNorm(GraphValue input, GraphValue weight, GraphValue bias, double epsilon);

  /**
   * Batch normalization by given statistics.
   *
   * @param input [n, channels, ...]
   * @param weight [channels]
   * @param bias [channels]
   * @param mean [channels]
   * @param variance [channels]
   * @param epsilon added to the variance
   * @return the input's shape
   */
  GraphValue batchNorm(
      GraphValue input,
      GraphValue weight,
      GraphValue bias,
      GraphValue mean,
      GraphValue variance,
      double epsilon);

  /**
   * The largest value in each window; padding never is.
   *
   * @param input [n, channels, height, width]
   * @param kernel size of the window, height and width
   * @param stride from window to window, height and width
   * @param padding pixels at each border, height and width
   * @return [n, channels, height', width']
   */
  GraphValue maxPool2d(GraphValue input, long[] kernel, long[] stride, long[] padding);

  /**
   * The mean of each window; padding counts as zeros.
   *
   * @param input [n, channels, height, width]
   * @param kernel size of the window, height and width
   * @param stride from window to window, height and width
   * @param padding pixels at each border, height and width
   * @return [n, channels, height', width']
   */
  GraphValue avgPool2d(GraphValue input, long[] kernel, long[] stride, long[] padding);

  /**
   * The mean over some axes, which keep the size 1.
   *
   * @param input any shape
   * @param axes the axes, none of which depends on the batch
   * @return the input's shape with 1 at the axes
   */
  GraphValue mean(GraphValue input, int... axes);

  /**
   * The same elements in another shape.
   *
   * @param input any shape
   * @param shape the new sizes; one may be {@link GraphValue#DYNAMIC} and follows from the others
   * @return that shape
   */
  GraphValue reshape(GraphValue input, long... shape);

  /**
   * The dimensions in another order.
   *
   * @param input any shape
   * @param axes for each dimension of the result, which one of the input it is
   * @return the reordered shape
   */
  GraphValue permute(GraphValue input, int... axes);

  /**
   * Elements {@code start}, {@code start + step}, ... before {@code end} along an axis.
   *
   * @param input any shape
   * @param axis the axis; must not depend on the batch
   * @param start first index, at least 0
   * @param end index after the last, at most the size
   * @param step at least 1
   * @return the input's shape with the number of elements at the axis
   */
  GraphValue slice(GraphValue input, int axis, long start, long end, long step);

  /**
   * One element along an axis, without the axis.
   *
   * @param input any shape
   * @param axis the axis; must not depend on the batch
   * @param index the element's index, at least 0
   * @return the input's shape without the axis
   */
  GraphValue select(GraphValue input, int axis, long index);

  /**
   * Values side by side along an axis.
   *
   * @param axis the axis; must not depend on the batch
   * @param values at least one; equal sizes at the other axes
   * @return the values' shape with the sum of the sizes at the axis
   */
  GraphValue cat(int axis, List<GraphValue> values);

  /**
   * Rows of a table.
   *
   * @param table [entries, ...]
   * @param indices whole numbers in [0, entries), any shape
   * @return the indices' shape followed by the table's shape without its first dimension
   */
  GraphValue gather(GraphValue table, GraphValue indices);

  /**
   * Zeros before and after an axis.
   *
   * @param input any shape
   * @param axis the axis; must not depend on the batch
   * @param before number of zeros before, at least 0
   * @param after number of zeros after, at least 0
   * @return the longer shape
   */
  GraphValue pad(GraphValue input, int axis, long before, long after);

  /**
   * Repeats a value for each sample of the batch.
   *
   * @param input [1, ...]
   * @param like a value whose first dimension is the batch
   * @return [n, ...]
   */
  GraphValue expandToBatch(GraphValue input, GraphValue like);

  /**
   * {@code x sigmoid(x)}.
   *
   * @param input any shape
   * @return the same shape
   */
  default GraphValue silu(GraphValue input) {
    return mul(input, sigmoid(input));
  }

  /**
   * Joins all dimensions from one on.
   *
   * @param input [n, ...]
   * @param axis the first axis to join, at least 1
   * @return the shape before the axis and one more size
   */
  default GraphValue flatten(GraphValue input, int axis) {
    long[] shape = input.shape();
    long[] joined = new long[axis + 1];
    long size = 1;
    for (int i = 0; i < shape.length; i++) {
      if (i < axis) {
        joined[i] = shape[i];
      } else {
        size *= shape[i];
      }
    }
    joined[axis] = size;
    return reshape(input, joined);
  }

  /**
   * Moves the elements along an axis by a number of places; those that leave at the end come back
   * at the front.
   *
   * @param input any shape
   * @param axis the axis; must not depend on the batch
   * @param places how far, in either direction
   * @return the same shape
   */
  default GraphValue roll(GraphValue input, int axis, long places) {
    long[] shape = input.shape();
    long size = shape[axis < 0 ? axis + shape.length : axis];
    long cut = Math.floorMod(-places, size);
    return cut == 0
        ? input
        : cat(axis, List.of(slice(input, axis, cut, size, 1), slice(input, axis, 0, cut, 1)));
  }
}
