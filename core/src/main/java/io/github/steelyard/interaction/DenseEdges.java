package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.function.DoubleConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Squared edges of a segment that is one linear layer and an activation. They need no backward
 * passes: the effects on a sample are {@code C'^T diag(m) (C^+ W)^T diag(f^)}, m the activation's
 * slopes. Hidden units whose slope is 0, like those that a ReLU switches off, are left out of the
 * product.
 */
final class DenseEdges {
  private final DenseSegment segment;
  private final Quadrature quadrature;
  private final int features;

  /** (C^+ W)^T, [width of the next layer, rank]. */
  private final Tensor inner;

  /** C', [width of the next layer, rank of the next layer]. */
  private final Tensor outer;

  DenseEdges(
      Segments segments,
      DenseSegment segment,
      LayerBasis from,
      LayerBasis to,
      Quadrature quadrature) {
    this.segment = segment;
    this.quadrature = quadrature;
    this.features = to.layer().features();
    this.inner =
        Scope.keep(
            Scope.computeWithoutGradient(
                () -> {
                  Tensor inverse = from.inverse();
                  Tensor hidden = inverse.matmul(segment.foldedWeight().cpu());
                  Tensor all =
                      to.layer().constant()
                          ? torch.cat(
                              new TensorVector(
                                  hidden, inverse.narrow(1, from.layer().features(), 1)),
                              1)
                          : hidden;
                  return SegmentMap.placed(segments, all.t().contiguous());
                }));
    this.outer =
        Scope.keep(Scope.computeWithoutGradient(() -> SegmentMap.placed(segments, to.vectors())));
  }

  /**
   * Adds the squared effects on a batch.
   *
   * @param coordinates f^ [n, positions, rank]
   * @param sum where to add, [rank of the next layer, rank], double precision
   * @param progress hears which part of the batch is done, up to 1
   */
  void add(Tensor coordinates, Tensor sum, DoubleConsumer progress) {
    Tensor rows = coordinates.reshape(-1, coordinates.size(2));
    Tensor slopes = slopes(rows.matmul(inner.t()));
    Scope.withoutGradient(
        () -> {
          Tensor squares = torch.zeros(new long[] {outer.size(1), inner.size(1)}, rows.options());
          for (long r = 0; r < rows.size(0); r++) {
            long row = r;
            Scope.run(() -> addRow(rows.select(0, row), slopes.select(0, row), squares));
            progress.accept((r + 1.0) / rows.size(0));
          }
          sum.add_(squares);
        });
  }

  private Tensor slopes(Tensor hidden) {
    Tensor slopes = segment.slopes(hidden.narrow(1, 0, features), quadrature);
    return hidden.size(1) == features
        ? slopes
        : torch.cat(
            new TensorVector(
                slopes, segment.constantSlopes(hidden.narrow(1, features, 1), quadrature)),
            1);
  }

  private void addRow(Tensor coordinates, Tensor slopes, Tensor squares) {
    Tensor active = slopes.nonzero().squeeze(1);
    Tensor left = outer.index_select(0, active).mul_(slopes.index_select(0, active).unsqueeze(1));
    Tensor right = inner.index_select(0, active).mul_(coordinates);
    Tensor effects = left.t().matmul(right);
    squares.addcmul_(effects, effects);
  }
}
