package io.github.steelyard.interaction;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What goes forward through a {@link BlockSegment}, as far as its derivative depends on it.
 *
 * @param attention what the first branch computes, null without it
 * @param perceptron what the second branch computes, null without it
 */
record BlockForward(Attending attention, Firing perceptron) {
  /** A normalized activation [n, positions, d], and 1 over the deviation [n, positions, 1]. */
  private record Normalized(Tensor values, Tensor inverse) {
    static Normalized of(Tensor activation, double epsilon) {
      Tensor centred = activation.sub(mean(activation));
      Tensor inverse = mean(centred.square()).add(new Scalar(epsilon)).rsqrt();
      return new Normalized(centred.mul(inverse), inverse);
    }

    private static Tensor mean(Tensor values) {
      return values.mean(new long[] {2}, true, new ScalarTypeOptional());
    }
  }

  /**
   * Inside the attention.
   *
   * @param input the normalized activation, [n, positions, d]
   * @param inverse 1 over the deviation, [n, 1, 1, positions]
   * @param query scaled, [n, heads, positions, head]
   * @param plainQuery the same without bias
   * @param key [n, heads, positions, head]
   * @param plainKey the same without bias
   * @param value [n, heads, positions, head]
   * @param plainValue the same without bias
   * @param probabilities [n, heads, positions, positions]
   */
  record Attending(
      Tensor input,
      Tensor inverse,
      Tensor query,
      Tensor plainQuery,
      Tensor key,
      Tensor plainKey,
      Tensor value,
      Tensor plainValue,
      Tensor probabilities) {
    /** Of one sample, without the axis of samples. */
    Attending sample(long n) {
      return new Attending(
          input.select(0, n),
          inverse.select(0, n),
          query.select(0, n),
          plainQuery.select(0, n),
          key.select(0, n),
          plainKey.select(0, n),
          value.select(0, n),
          plainValue.select(0, n),
          probabilities.select(0, n));
    }
  }

  /**
   * Inside the perceptron.
   *
   * @param input the normalized activation, [n, positions, d]
   * @param inverse 1 over the deviation, [n, positions, 1]
   * @param plain the hidden layer before its activation and without bias, [n, positions, hidden]
   * @param slopes the activation's slopes there
   */
  record Firing(Tensor input, Tensor inverse, Tensor plain, Tensor slopes) {
    /** Of one sample, without the axis of samples. */
    Firing sample(long n) {
      return new Firing(
          input.select(0, n), inverse.select(0, n), plain.select(0, n), slopes.select(0, n));
    }
  }

  /** Of one sample, without the axis of samples. */
  BlockForward sample(long n) {
    return new BlockForward(
        attention == null ? null : attention.sample(n),
        perceptron == null ? null : perceptron.sample(n));
  }

  /** Runs a segment on activations with their constant coordinate, [n, positions, d + 1]. */
  static BlockForward of(BlockSegment segment, Tensor activations) {
    long d = activations.size(2) - 1;
    Tensor stream = activations.narrow(2, 0, d);
    Tensor constant = activations.narrow(2, d, 1);
    if (!segment.folded()) {
      constant = torch.ones_like(constant);
    }
    Attending attending = null;
    if (segment.attention().isPresent()) {
      BlockSegment.AttentionBranch branch = segment.attention().get();
      attending = attend(branch, stream, constant);
      Tensor heads =
          attending
              .probabilities
              .matmul(attending.value)
              .transpose(1, 2)
              .reshape(stream.size(0), stream.size(1), d);
      stream =
          stream
              .add(heads.matmul(branch.projection().t()))
              .add(constant.mul(branch.projectionBias()));
    }
    Firing firing = null;
    if (segment.perceptron().isPresent()) {
      BlockSegment.PerceptronBranch branch = segment.perceptron().get();
      Normalized input = Normalized.of(stream, branch.epsilon());
      Tensor plain = input.values().matmul(branch.first().weight().t());
      Tensor slopes =
          DenseSegment.slope(branch.activation(), plain.add(constant.mul(branch.first().bias())));
      firing = new Firing(input.values(), input.inverse(), plain, slopes);
    }
    return new BlockForward(attending, firing);
  }

  private static Attending attend(
      BlockSegment.AttentionBranch branch, Tensor stream, Tensor constant) {
    Normalized input = Normalized.of(stream, branch.epsilon());
    Tensor[] plain = new Tensor[3];
    Tensor[] whole = new Tensor[3];
    var parts = new BlockSegment.NormalizedLinear[] {branch.query(), branch.key(), branch.value()};
    for (int i = 0; i < parts.length; i++) {
      Tensor own = input.values().matmul(parts[i].weight().t());
      plain[i] = byHead(own, branch.heads());
      whole[i] = byHead(own.add(constant.mul(parts[i].bias())), branch.heads());
    }
    Tensor probabilities = torch.softmax(whole[0].matmul(whole[1].transpose(2, 3)), -1);
    return new Attending(
        input.values(),
        input.inverse().reshape(stream.size(0), 1, 1, stream.size(1)),
        whole[0],
        plain[0],
        whole[1],
        plain[1],
        whole[2],
        plain[2],
        probabilities);
  }

  /** [n, positions, d] as [n, heads, positions, head]. */
  private static Tensor byHead(Tensor values, long heads) {
    return values
        .reshape(values.size(0), values.size(1), heads, values.size(2) / heads)
        .transpose(1, 2)
        .contiguous();
  }

  /** Activations at each alpha, one point after another. */
  static Tensor at(double[] points, Tensor activations) {
    TensorVector all = new TensorVector();
    for (double point : points) {
      all.push_back(activations.mul(new Scalar(point)));
    }
    return torch.cat(all, 0);
  }
}
