package io.github.steelyard.interaction;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** What a section does to activations, its result in the next layer's basis. */
final class SectionMap implements UnaryOperator<Tensor> {
  private final Sections sections;
  private final int section;
  private final Tensor inverse;
  private final Tensor next;

  private SectionMap(Sections sections, int section, Tensor inverse, Tensor next) {
    this.sections = sections;
    this.section = section;
    this.inverse = inverse;
    this.next = next;
  }

  /** From the layer's own coordinates. */
  static SectionMap ofActivations(Sections sections, int section, LayerBasis next) {
    return new SectionMap(sections, section, null, placed(sections, next.vectors()));
  }

  /** From the layer's basis. */
  static SectionMap ofCoordinates(
      Sections sections, int section, LayerBasis basis, LayerBasis next) {
    return new SectionMap(
        sections, section, placed(sections, basis.inverse()), placed(sections, next.vectors()));
  }

  static Tensor placed(Sections sections, Tensor matrix) {
    return matrix.to(sections.device().torch(), sections.precision());
  }

  @Override
  public Tensor apply(Tensor activation) {
    return coordinates(activations(activation));
  }

  /** Where the section leads, in the next layer's own coordinates. */
  Tensor activations(Tensor activation) {
    Tensor start = inverse == null ? activation : activation.matmul(inverse);
    return sections.forward(section, start, section + 1);
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
