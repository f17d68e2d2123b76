package io.github.steelyard.interaction;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The derivative of a {@link BlockSegment}'s outputs at some positions t of a sample, in r
 * directions, by its inputs at all positions s, as its parts. With Z_h the gradients of the values'
 * weights of head h, U_h those of the keys' weights for the query of t, and x^_s the normalized
 * input,
 *
 * <pre>
 * J_ts = sum_h p_hts Z_h + sum_h w_hts U_h - m_ts x^_s + [s = t] X
 * </pre>
 *
 * where p are the probabilities and w what a change of the logits does, both over the deviation of
 * s. The derivative by the constant coordinate is {@code constant}. Nothing of the size of J is
 * ever computed.
 *
 * @param direct X, the derivative of the residual stream and of the query, [t, r, d]
 * @param constant [t, r, s]; without attention [t, r, 1], at the position itself
 * @param heads what goes back into the heads, [heads, t r, head]; null without attention
 * @param queries [t, heads, head], the queries at t
 * @param probabilities p, [heads, t, s]
 * @param logits w, [heads, t, r, s]
 * @param along m, [t, r, s]
 */
record BlockGradients(
    Tensor direct,
    Tensor constant,
    Tensor heads,
    Tensor queries,
    Tensor probabilities,
    Tensor logits,
    Tensor along) {

  /** Directions in which the outputs are differentiated, ahead of any sample. */
  static final class Directions {
    private final BlockSegment segment;

    /** [r, d], and for the constant coordinate [r]. */
    private final Tensor rows;

    private final Tensor constant;

    /** Behind the perceptron's second layer, [r, hidden]; null without it. */
    private final Tensor hidden;

    /** Takes C' [d + 1, r] of the next layer. */
    Directions(BlockSegment segment, Tensor vectors) {
      this.segment = segment;
      long d = vectors.size(0) - 1;
      rows = vectors.narrow(0, 0, d).t().contiguous();
      Tensor own = vectors.select(0, d);
      if (segment.perceptron().isPresent()) {
        BlockSegment.PerceptronBranch branch = segment.perceptron().get();
        hidden = rows.matmul(branch.second());
        constant = segment.folded() ? own.add(rows.matmul(branch.secondBias())) : own;
      } else {
        hidden = null;
        constant = own;
      }
    }

    int count() {
      return Math.toIntExact(rows.size(0));
    }

    /** Goes back from the outputs at positions [first, first + number) of one sample. */
    BlockGradients back(BlockForward sample, long first, long number) {
      long d = rows.size(1);
      Tensor stream = rows.unsqueeze(0).expand(number, -1, -1);
      Tensor own = constant.unsqueeze(0).expand(number, -1);
      if (hidden != null) {
        BlockSegment.PerceptronBranch branch = segment.perceptron().orElseThrow();
        BlockForward.Firing at = sample.perceptron();
        Tensor passed = hidden.unsqueeze(0).mul(part(at.slopes(), first, number).unsqueeze(1));
        Tensor along =
            passed
                .matmul(part(at.plain(), first, number).unsqueeze(2))
                .div_(new Scalar((double) d));
        stream =
            passed
                .matmul(branch.first().weight())
                .addcmul_(along, part(at.input(), first, number).unsqueeze(1), new Scalar(-1.0))
                .mul_(part(at.inverse(), first, number).unsqueeze(1))
                .add_(rows);
        if (segment.folded()) {
          own = own.add(passed.matmul(branch.first().bias()));
        }
      }
      return segment.attention().isPresent()
          ? attention(sample.attention(), stream, own, first)
          : new BlockGradients(stream, own.unsqueeze(2), null, null, null, null, null);
    }

    private BlockGradients attention(
        BlockForward.Attending at, Tensor stream, Tensor own, long first) {
      BlockSegment.AttentionBranch branch = segment.attention().orElseThrow();
      long number = stream.size(0);
      long r = stream.size(1);
      long d = stream.size(2);
      long heads = branch.heads();
      long size = d / heads;
      long positions = at.input().size(0);
      Tensor back =
          stream
              .matmul(branch.projection())
              .reshape(number * r, heads, size)
              .transpose(0, 1)
              .contiguous();
      Tensor chosen = at.probabilities().narrow(1, first, number);
      Tensor change = back.bmm(at.value().transpose(1, 2)).reshape(heads, number, r, positions);
      // The softmax's backward pass.
      Tensor logits = change.mul_(chosen.unsqueeze(2));
      logits =
          logits.sub(
              chosen.unsqueeze(2).mul(logits.sum(new long[] {3}, true, new ScalarTypeOptional())));
      Tensor query =
          logits
              .reshape(heads, number * r, positions)
              .bmm(at.key())
              .transpose(0, 1)
              .reshape(number, r, d);
      Tensor queries = at.query().narrow(1, first, number);
      Tensor mine = part(at.inverse().reshape(positions, 1), first, number).unsqueeze(1);
      Tensor direct = query.matmul(branch.query().weight()).mul_(mine).add_(stream);
      Tensor scaledLogits = logits.mul(at.inverse().unsqueeze(0));
      Tensor scaled = chosen.mul(at.inverse());
      Tensor along =
          back.bmm(at.plainValue().transpose(1, 2))
              .reshape(heads, number, r, positions)
              .mul_(scaled.unsqueeze(2))
              .addcmul_(scaledLogits, queries.bmm(at.plainKey().transpose(1, 2)).unsqueeze(2))
              .sum(0);
      Tensor queryAlong =
          query
              .matmul(joined(at.plainQuery().narrow(1, first, number)).unsqueeze(2))
              .mul_(mine)
              .squeeze(2);
      diagonal(along, first).add_(queryAlong);
      along.div_(new Scalar((double) d));
      Tensor constants = torch.zeros_like(along);
      Tensor direction = own;
      if (segment.folded()) {
        Tensor ofValues = back.bmm(byHead(branch.value().bias(), heads)); // [heads, t r, 1]
        Tensor ofKeys = queries.bmm(byHead(branch.key().bias(), heads)); // [heads, t, 1]
        constants =
            ofValues
                .reshape(heads, number, r, 1)
                .mul(chosen.unsqueeze(2))
                .addcmul_(logits, ofKeys.unsqueeze(2))
                .sum(0);
        direction =
            own.add(stream.matmul(branch.projectionBias()))
                .add_(query.matmul(branch.query().bias()));
      }
      diagonal(constants, first).add_(direction);
      return new BlockGradients(direct, constants, back, queries, scaled, scaledLogits, along);
    }

    private static Tensor byHead(Tensor bias, long heads) {
      return bias.reshape(heads, bias.size(0) / heads, 1);
    }

    /** [heads, t, head] as [t, d]. */
    private static Tensor joined(Tensor byHead) {
      return byHead.transpose(0, 1).reshape(byHead.size(1), -1);
    }

    private static Tensor part(Tensor values, long first, long number) {
      return values.narrow(0, first, number);
    }

    /** Of [t, r, s] what stands at the position itself, [t, r]. */
    private static Tensor diagonal(Tensor values, long first) {
      return values.narrow(2, first, values.size(0)).diagonal(0, 0, 2).t();
    }
  }
}
