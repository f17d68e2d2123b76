package io.github.steelyard.interaction;

import java.util.Objects;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How a network is run while it is cut.
 *
 * @param biases what the constant coordinate does
 * @param precision {@code Double}, or {@code Float} to run the network itself in single precision
 *     (about twice as fast; averages and bases are in double precision in any case)
 */
public record SegmentsConfiguration(BiasFolding biases, ScalarType precision) {
  /**
   * Checks the precision.
   *
   * @param biases what the constant coordinate does
   * @param precision {@code Double} or {@code Float}
   * @throws IllegalArgumentException if the precision is neither
   */
  public SegmentsConfiguration {
    Objects.requireNonNull(biases, "biases");
    precision = precision.intern();
    if (precision != ScalarType.Double && precision != ScalarType.Float) {
      throw new IllegalArgumentException(
          "the precision must be Double or Float, but is " + precision);
    }
  }

  /**
   * The method's definition: folded biases, double precision.
   *
   * @return the configuration
   */
  public static SegmentsConfiguration standard() {
    return new SegmentsConfiguration(BiasFolding.FOLDED, ScalarType.Double);
  }
}
