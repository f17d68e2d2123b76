package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.function.DoubleConsumer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Vector-Jacobian products of a segment at alpha times an activation, summed over alpha. Many
 * vectors go through one backward pass: the activation is repeated, each copy gets its own vector,
 * and the forward pass is shared by all of them. The next layer's basis is applied to the vectors,
 * which for unit vectors is to read its columns, and not to every row that goes backwards.
 */
final class Pullback {
  /** Enough rows to keep the processor busy; more only cost memory. */
  private static final long ROWS = 2048;

  /** The vectors, by number. */
  interface Vectors {
    int count();

    /**
     * One vector.
     *
     * @param index from 0 to count - 1
     * @param values what the segment gives at each alpha in the next layer's basis, [alphas, n,
     *     positions, outputs]
     * @return broadcastable to the values' shape; the smaller, the cheaper
     */
    Tensor get(int index, Tensor values);
  }

  /** Takes products of consecutive vectors. */
  interface Receiver {
    /**
     * Takes products.
     *
     * @param first the number of the first vector
     * @param products [vectors, n, positions, width], double precision; may be overwritten
     */
    void take(int first, Tensor products);
  }

  private final SegmentMap map;
  private final double[] points;
  private final Tensor weights;

  Pullback(SegmentMap map, Quadrature quadrature) {
    this.map = map;
    this.points = quadrature.points();
    this.weights = Scope.keep(Matrices.vector(quadrature.weights()));
  }

  /**
   * Computes the products for one batch of activations.
   *
   * @param activation [n, positions, width]
   * @param progress hears which part of the batch is done, up to 1
   */
  void forEach(Tensor activation, Vectors vectors, DoubleConsumer progress, Receiver receiver) {
    if (vectors.count() == 0) {
      return;
    }
    long n = activation.size(0);
    long positions = activation.size(1);
    long width = activation.size(2);
    long alphas = points.length;
    int copies = (int) Math.max(1, Math.min(vectors.count(), ROWS / (alphas * n * positions)));
    Tensor scale = Matrices.vector(points).to(activation.device(), activation.scalar_type());
    Tensor start =
        scale
            .reshape(alphas, 1, 1, 1)
            .mul(activation.unsqueeze(0))
            .unsqueeze(0)
            .expand(copies, -1, -1, -1, -1)
            .reshape(copies * alphas * n, positions, width)
            .detach();
    start.set_requires_grad(true);
    Tensor end = map.activations(start);
    Tensor all = end.reshape(copies, alphas, n, end.size(1), end.size(2));
    Tensor values = Scope.computeWithoutGradient(() -> map.coordinates(all.select(0, 0).detach()));
    Tensor weight = weights.to(end.device(), end.scalar_type()).reshape(alphas, 1, 1, 1);
    for (int first = 0; first < vectors.count(); first += copies) {
      int number = Math.min(copies, vectors.count() - first);
      int from = first;
      boolean more = first + copies < vectors.count();
      Scope.run(
          () -> {
            Tensor chosen = torch.empty_like(all.detach());
            for (int i = 0; i < number; i++) {
              Tensor vector = map.transposed(vectors.get(from + i, values));
              chosen.select(0, i).copy_(vector.mul(weight));
            }
            chosen.narrow(0, number, copies - number).zero_();
            Tensor gradient = gradient(all, start, chosen, more);
            Tensor products =
                gradient.reshape(copies, alphas, n, positions, width).narrow(0, 0, number);
            receiver.take(
                from,
                (alphas == 1 ? products.select(1, 0) : products.sum(1)).to(ScalarType.Double));
          });
      progress.accept((double) (first + number) / vectors.count());
    }
  }

  private static Tensor gradient(Tensor end, Tensor start, Tensor vector, boolean again) {
    if (!end.requires_grad()) {
      return torch.zeros_like(start.detach());
    }
    Tensor gradient =
        torch
            .grad(
                new TensorVector(end),
                new TensorVector(start),
                new TensorVector(vector),
                new BoolOptional(again),
                false,
                true)
            .get(0);
    return gradient.defined() ? gradient : torch.zeros_like(start.detach());
  }
}
