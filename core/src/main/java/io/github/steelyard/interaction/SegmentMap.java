package io.github.steelyard.interaction;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** What a segment does to activations, its result in the next layer's basis. */
final class SegmentMap implements UnaryOperator<Tensor> {
  private final Segments segments;
  private final int segment;
  private final Tensor inverse;
  private final Tensor next;

  private SegmentMap(Segments segments, int segment, Tensor inverse, Tensor next) {
    this.segments = segments;
    this.segment = segment;
    this.inverse = inverse;
    this.next = next;
  }

  /** From the layer's own coordinates. */
  static SegmentMap ofActivations(Segments segments, int segment, LayerBasis next) {
    return new SegmentMap(segments, segment, null, placed(segments, next.vectors()));
  }

  /** From the layer's basis. */
  static SegmentMap ofCoordinates(
      Segments segments, int segment, LayerBasis basis, LayerBasis next) {
    return new SegmentMap(
        segments, segment, placed(segments, basis.inverse()), placed(segments, next.vectors()));
  }

  static Tensor placed(Segments segments, Tensor matrix) {
    return matrix.to(segments.device().torch(), segments.precision());
  }

  @Override
  public Tensor apply(Tensor activation) {
    return coordinates(activations(activation));
  }

  /** Where the segment leads, in the next layer's own coordinates. */
  Tensor activations(Tensor activation) {
    Tensor start = inverse == null ? activation : activation.matmul(inverse);
    return segments.forward(segment, start, segment + 1);
  }

  /** The next layer's activations in its basis. */
  Tensor coordinates(Tensor activations) {
    return activations.matmul(next);
  }

  /** A vector over the next layer's basis as one over its activations. */
  Tensor transposed(Tensor vector) {
    return vector.matmul(next.t());
  }
}
