package io.github.steelyard.quant;

import io.github.steelyard.nn.Parameter;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Records the gradient of {@link Lsq}. With {@code r = (x + before) / s}, {@code y = s level(r) +
 * after} and g the gradient of y,
 *
 * <pre>
 * dx = g where lo ≤ r ≤ hi, else 0;  ds = Σ g level - Σ dx r over a slice
 * dbefore = Σ dx;  dafter = Σ g
 * </pre>
 *
 * <p>libtorch has kernels for the first line that pass once over memory: the gradient of its hard
 * tanh and, for a sum of products, that of the weight of a batch normalization. So these operations
 * are recorded, of tensors with one number for each slice, which costs nothing; then the tensors
 * that they saved are replaced by r and the levels, and the shapes that they expect by the real
 * ones.
 *
 * @param slice what shares a scale
 * @param range where x passes its gradient
 * @param scale the parameter that learns, if it does
 * @param coefficient what its gradient is multiplied by
 */
record LsqGradient(Slice slice, OpenRange range, Parameter scale, double coefficient) {

  /**
   * y with its gradient.
   *
   * @param before what is added to x, broadcastable
   * @param after what is added to y, broadcastable
   * @param ratio r, contiguous; taken over
   * @param level the levels times {@code unit}, contiguous; taken over
   * @param unit s if the levels have been multiplied by it, else 1; one number or one for each
   *     scale
   * @param y the result, contiguous; taken over
   */
  Tensor record(
      Tensor x,
      Optional<Tensor> before,
      Optional<Tensor> after,
      Tensor ratio,
      Tensor level,
      Tensor unit,
      Tensor y) {
    long[] shape = ratio.shape();
    Tensor moved = x.alias();
    if (before.isPresent()) {
      moved.set_data(single(ratio, shape.length));
      moved = moved.add(before.get());
      standFor(moved, ratio);
    } else {
      moved.set_data(ratio); // x itself may not be contiguous.
    }
    moved = slice.view(moved, shape);
    Tensor ratios = slice.view(ratio, shape);
    moved.set_data(single(ratio, (int) ratios.dim()));
    // The kernel divides by the number of rows.
    boolean learns = scale.tensor().requires_grad() && ratio.numel() > 0;
    if (learns) {
      moved = plusProducts(moved, ratios, scale.tensor().mul(new Scalar(-coefficient)));
    }
    Tensor passed = range.record(moved);
    standFor(moved, ratios);
    if (learns) {
      Tensor learned = scale.tensor().mul(unit.reciprocal().mul_(new Scalar(coefficient)));
      Tensor bounded = passed;
      passed = plusProducts(bounded, slice.view(level, shape), learned);
      standFor(bounded, ratios);
    }
    standFor(passed, slice.view(y, shape));
    Tensor result = slice.restore(passed, shape);
    if (after.isPresent()) {
      result.set_data(single(y, shape.length));
      result = result.add(after.get());
      standFor(result, y);
    }
    return result;
  }

  /**
   * Records a sum that passes its gradient on, and to each slice's number the sum of the gradient's
   * products with factors.
   */
  private static Tensor plusProducts(Tensor one, Tensor factors, Tensor learned) {
    long slices = factors.size(1);
    long[] shape = ones((int) factors.dim());
    shape[1] = slices;
    Tensor input = factors.new_zeros(shape);
    Tensor normalized =
        torch
            .native_batch_norm(
                input,
                new TensorOptional(learned.to(factors.scalar_type().intern())),
                new TensorOptional(),
                new TensorOptional(factors.new_zeros(slices)),
                new TensorOptional(factors.new_ones(slices)),
                false,
                0,
                0)
            .get0();
    input.set_data(factors);
    Tensor sum = one.add(normalized);
    standFor(normalized, factors);
    return sum;
  }

  /** Gives a recorded tensor, and the operation that made it, another shape and other values. */
  private static void standFor(Tensor recorded, Tensor values) {
    if (recorded.requires_grad() && !recorded.is_leaf()) {
      Node node = recorded.grad_fn();
      node.clear_input_metadata();
      node.add_input_metadata(values);
    }
    recorded.set_data(values);
  }

  private static Tensor single(Tensor like, int dimensions) {
    return like.new_zeros(ones(dimensions));
  }

  private static long[] ones(int count) {
    long[] ones = new long[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
