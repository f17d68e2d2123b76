package io.github.steelyard.optim;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The two computations of a projection. A weight is seen as rows: one per output channel, or the
 * whole layer as one.
 */
interface RowKernel {
  /**
   * How far each weight's gradient is from orthogonal.
   *
   * @param weights tensors of at least two dimensions
   * @param gradients their gradients, of the same shapes and strides
   * @param eps the smallest norm that is divided by
   * @param delta a channel is orthogonal below delta / sqrt(columns): where all are, the whole
   *     layer need not be looked at, and where one is not, the other channels need not
   * @return per weight a |cosine| that decides about its channels, and that of the whole layer
   */
  List<Cosines> cosines(List<Tensor> weights, List<Tensor> gradients, double eps, double delta);

  /**
   * Takes projected steps. For each weight p with its direction d, per row: d &larr; d - p^ &lt;p^,
   * d&gt; with p^ = p / (|p| + eps), then p &larr; shrink p + rate d.
   *
   * @param weights the weights
   * @param steps their steps
   * @param view which rows
   * @param shrink what the weight decay leaves of a weight
   * @param eps added to the norm
   */
  void project(List<Tensor> weights, Steps steps, Projection view, double shrink, double eps);

  /**
   * Steps of some weights before their projection.
   *
   * @param directions d, each of the shape and strides of its weight
   * @param rate what a projected direction is multiplied with
   * @param scratch whether the directions are scratch memory, which is zero between uses; otherwise
   *     they keep what the projection makes of them
   */
  record Steps(List<Tensor> directions, double rate, boolean scratch) {}

  /**
   * Cosines between a weight and its gradient.
   *
   * @param channel an absolute one, below delta / sqrt(columns) if those of all channels are
   * @param layer the absolute one of the whole layer, unless all channels' are below
   */
  record Cosines(double channel, double layer) {
    /** All channels are orthogonal. */
    static final Cosines EVERY_CHANNEL = new Cosines(0, 0);
  }
}
