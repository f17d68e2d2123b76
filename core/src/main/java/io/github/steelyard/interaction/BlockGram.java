package io.github.steelyard.interaction;

import java.util.function.DoubleConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The sum of J^T J of a {@link BlockSegment}, from the parts of J that {@link BlockGradients} has:
 * products of the heads' gradients with one another take the place of products over positions.
 */
final class BlockGram {
  private final BlockSegment segment;
  private final BlockGradients.Directions directions;

  /** By head, [heads, head, d]; null without attention. */
  private final Tensor keys;

  private final Tensor values;

  /** Takes C' of the next layer, [d + 1, rank], at the segment's place and precision. */
  BlockGram(BlockSegment segment, Tensor vectors) {
    this.segment = segment;
    directions = new BlockGradients.Directions(segment, vectors);
    keys = segment.attention().map(a -> byHead(a.key().weight(), a.heads())).orElse(null);
    values = segment.attention().map(a -> byHead(a.value().weight(), a.heads())).orElse(null);
  }

  static Tensor byHead(Tensor weight, long heads) {
    return weight.reshape(heads, weight.size(0) / heads, weight.size(1));
  }

  /**
   * Adds a batch.
   *
   * @param activations [n, positions, d + 1]
   * @param sum [d + 1, d + 1], double precision
   * @param progress hears which part of the batch is done, up to 1
   */
  void add(Tensor activations, Tensor sum, DoubleConsumer progress) {
    BlockForward forward = BlockForward.of(segment, activations);
    BlockPieces.of(segment, directions.count(), activations)
        .forEach(
            progress,
            (n, first, number) -> {
              BlockForward sample = forward.sample(n);
              BlockGradients gradients = directions.back(sample, first, number);
              if (segment.attention().isPresent()) {
                add(gradients, sample.attention().input(), first, sum);
              } else {
                long d = gradients.direct().size(2);
                Tensor rows =
                    torch
                        .cat(new TensorVector(gradients.direct(), gradients.constant()), 2)
                        .reshape(-1, d + 1);
                sum.add_(rows.t().matmul(rows));
              }
            });
  }

  private void add(BlockGradients gradients, Tensor input, long first, Tensor sum) {
    Tensor direct = gradients.direct();
    long t = direct.size(0);
    long r = direct.size(1);
    long d = direct.size(2);
    long heads = keys.size(0);
    long positions = input.size(0);
    // What is weighted by position: Z of each head, and X, which weighs 1 at the position itself.
    Tensor parts = direct.new_empty(t, heads + 1, r, d);
    parts
        .narrow(1, 0, heads)
        .copy_(gradients.heads().bmm(values).reshape(heads, t, r, d).transpose(0, 1));
    parts.select(1, heads).copy_(direct);
    Tensor weights = direct.new_zeros(t, heads + 1, positions);
    weights.narrow(1, 0, heads).copy_(gradients.probabilities().transpose(0, 1));
    weights.select(1, heads).narrow(1, first, t).diagonal(0, 0, 1).fill_(new Scalar(1.0));
    Tensor flat = parts.reshape(t, heads + 1, r * d);
    Tensor mixed = weights.bmm(weights.transpose(1, 2)).bmm(flat);
    Tensor gram = parts.reshape(-1, d).t().matmul(mixed.reshape(-1, d));

    // What has one row a head, U, and one a position, x^.
    Tensor keyRows = gradients.queries().bmm(keys).transpose(0, 1); // [t, heads, d]
    Tensor logits = gradients.logits().permute(1, 3, 2, 0).contiguous(); // [t, s, r, heads]
    Tensor along = gradients.along().transpose(1, 2).contiguous(); // [t, s, r]
    Tensor rows = parts.reshape(t, (heads + 1) * r, d);
    Tensor keysLeft =
        weights
            .bmm(logits.reshape(t, positions, r * heads))
            .reshape(t, (heads + 1) * r, heads)
            .transpose(1, 2)
            .bmm(rows);
    Tensor twice = logits.reshape(t, positions * r, heads);
    keysLeft.baddbmm_(twice.transpose(1, 2).bmm(twice), keyRows, new Scalar(1.0), new Scalar(0.5));
    Tensor both = logits.mul(along.unsqueeze(3)).sum(2).transpose(1, 2); // [t, heads, s]
    keysLeft.sub_(both.matmul(input));
    Tensor inputLeft =
        weights
            .transpose(1, 2)
            .unsqueeze(3)
            .mul(along.unsqueeze(2))
            .reshape(t, positions, (heads + 1) * r)
            .bmm(rows)
            .sum(0)
            .neg_();
    inputLeft.add_(along.square().sum(0, 2).unsqueeze(1).mul(input), new Scalar(0.5));
    Tensor cross =
        keysLeft
            .reshape(-1, d)
            .t()
            .matmul(keyRows.reshape(-1, d))
            .add_(inputLeft.t().matmul(input));
    sum.narrow(0, 0, d).narrow(1, 0, d).add_(gram).add_(cross).add_(cross.t());

    Tensor constant = gradients.constant().transpose(1, 2).contiguous(); // [t, s, r]
    Tensor column =
        weights
            .bmm(constant)
            .reshape(1, -1)
            .matmul(parts.reshape(-1, d))
            .add_(
                constant.reshape(t, 1, -1).bmm(twice).reshape(1, -1).matmul(keyRows.reshape(-1, d)))
            .sub_(along.mul(constant).sum(0, 2).unsqueeze(0).matmul(input))
            .squeeze(0);
    sum.select(0, d).narrow(0, 0, d).add_(column);
    sum.select(1, d).narrow(0, 0, d).add_(column);
    sum.select(0, d).select(0, d).add_(constant.square().sum());
  }
}
