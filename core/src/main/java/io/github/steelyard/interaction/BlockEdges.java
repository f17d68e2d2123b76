package io.github.steelyard.interaction;

import java.util.function.DoubleConsumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Squared edges of a {@link BlockSegment}: the effects {@code sum_s J_ts C^+T o f^_s} from the
 * parts of J that {@link BlockGradients} has. Each part is taken to the layer's basis before it
 * meets positions.
 */
final class BlockEdges {
  private final BlockSegment segment;
  private final Quadrature quadrature;
  private final BlockGradients.Directions directions;

  /** C^+T without the constant coordinate, [d, rank], and for it [rank]. */
  private final Tensor basis;

  private final Tensor constant;

  /** By head, in the basis, [heads, head, rank]; null without attention. */
  private final Tensor keys;

  private final Tensor values;

  /** Takes C^+ [rank, d + 1] and C' [d + 1, outputs] at the segment's place and precision. */
  BlockEdges(BlockSegment segment, Tensor inverse, Tensor vectors, Quadrature quadrature) {
    this.segment = segment;
    this.quadrature = quadrature;
    directions = new BlockGradients.Directions(segment, vectors);
    long d = inverse.size(1) - 1;
    basis = inverse.narrow(1, 0, d).t().contiguous();
    constant = inverse.select(1, d).contiguous();
    keys = inBasis(segment, BlockSegment.AttentionBranch::key);
    values = inBasis(segment, BlockSegment.AttentionBranch::value);
  }

  private Tensor inBasis(
      BlockSegment own,
      Function<BlockSegment.AttentionBranch, BlockSegment.NormalizedLinear> part) {
    return own.attention()
        .map(a -> BlockGram.byHead(part.apply(a).weight().matmul(basis), a.heads()))
        .orElse(null);
  }

  /**
   * Adds the squared effects on a batch.
   *
   * @param coordinates f^ [n, positions, rank]
   * @param activations where the derivative is taken, [n, positions, d + 1]
   * @param sum where to add, [outputs, rank], double precision
   * @param progress hears which part of the batch is done, up to 1
   */
  void add(Tensor coordinates, Tensor activations, Tensor sum, DoubleConsumer progress) {
    double[] points = quadrature.points();
    double[] weights = quadrature.weights();
    long samples = activations.size(0);
    BlockForward forward = BlockForward.of(segment, BlockForward.at(points, activations));
    BlockPieces.of(segment, directions.count(), activations)
        .forEach(
            progress,
            (n, first, number) -> {
              Tensor effects = null;
              for (int i = 0; i < points.length; i++) {
                BlockForward sample = forward.sample(i * samples + n);
                Tensor own = effects(sample, coordinates.select(0, n), first, number);
                own = own.mul_(new Scalar(weights[i]));
                effects = effects == null ? own : effects.add_(own);
              }
              sum.add_(effects.square_().sum(0));
            });
  }

  /** [t, outputs, rank]. */
  private Tensor effects(BlockForward sample, Tensor coordinates, long first, long number) {
    BlockGradients gradients = directions.back(sample, first, number);
    Tensor own = coordinates.narrow(0, first, number).unsqueeze(1);
    Tensor effects = gradients.direct().matmul(basis).mul_(own);
    if (segment.attention().isEmpty()) {
      return effects.add_(gradients.constant().mul(constant).mul(own));
    }
    long heads = keys.size(0);
    long r = effects.size(1);
    long rank = effects.size(2);
    Tensor byHead =
        gradients
            .heads()
            .bmm(values)
            .reshape(heads, number, r, rank)
            .mul_(gradients.probabilities().matmul(coordinates).unsqueeze(2))
            .addcmul_(
                gradients.logits().matmul(coordinates), gradients.queries().bmm(keys).unsqueeze(2));
    Tensor inputs = sample.attention().input().matmul(basis).mul_(coordinates);
    return effects
        .add_(byHead.sum(0))
        .sub_(gradients.along().matmul(inputs))
        .add_(gradients.constant().matmul(coordinates).mul_(constant));
  }
}
