package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Checks;
import java.util.Collections;
import java.util.List;

/**
 * Blocks of a mobile network, one after another, that differ at most in their expansion; the first
 * has the stride and may change the channels.
 *
 * @param kind what each block is
 * @param kernel side of the spatial convolution, odd
 * @param stride of the first block, at least 1
 * @param expansions for each block, how many times its input's channels it has inside, above 0; 1
 *     for blocks that are not inverted
 * @param channels of the output, at least 1
 * @param squeeze channels inside squeeze and excitation relative to those it is measured by, in [0,
 *     1]; 0 for none
 * @param activation after each normalization but the last
 */
public record MobileStage(
    Kind kind,
    long kernel,
    long stride,
    List<Double> expansions,
    long channels,
    double squeeze,
    Activation activation) {
  /** The three blocks of mobile networks. */
  public enum Kind {
    /** A convolution with normalization and activation. */
    CONVOLUTION,
    /** A depthwise convolution and a linear 1x1 convolution. */
    SEPARABLE,
    /** A 1x1 convolution to more channels, a depthwise one, and a linear 1x1 one back. */
    INVERTED
  }

  /**
   * Checks the values.
   *
   * @param kind what each block is
   * @param kernel side of the spatial convolution, odd
   * @param stride of the first block, at least 1
   * @param expansions for each block, how many times its input's channels it has inside, above 0
   * @param channels of the output, at least 1
   * @param squeeze channels inside squeeze and excitation, in [0, 1]; 0 for none
   * @param activation after each normalization but the last
   * @throws IllegalArgumentException if a value is out of range
   */
  public MobileStage {
    expansions = List.copyOf(expansions);
    Checks.atLeast(1, expansions.size(), "mobile stage", "the number of blocks");
    expansions.forEach(times -> Checks.positive(times, "mobile stage", "expansions"));
    Checks.atLeast(1, kernel, "mobile stage", "kernel");
    Checks.atLeast(1, stride, "mobile stage", "stride");
    Checks.atLeast(1, channels, "mobile stage", "channels");
    if (kernel % 2 == 0) {
      throw new IllegalArgumentException(
          "mobile stage: kernel must be odd, so that maps keep their size, but is " + kernel);
    }
    if (!(squeeze >= 0 && squeeze <= 1)) {
      throw new IllegalArgumentException(
          "mobile stage: squeeze must be at least 0 and at most 1, but is " + squeeze);
    }
  }

  /** A stage of inverted residual blocks. */
  static MobileStage inverted(
      List<Double> expansions,
      long kernel,
      long stride,
      long channels,
      double squeeze,
      Activation activation) {
    return new MobileStage(
        Kind.INVERTED, kernel, stride, expansions, channels, squeeze, activation);
  }

  /** A stage of inverted residual blocks with six times their input's channels inside. */
  static MobileStage inverted(
      int blocks, long kernel, long stride, long channels, double squeeze, Activation activation) {
    return inverted(
        Collections.nCopies(blocks, 6.0), kernel, stride, channels, squeeze, activation);
  }

  /** A stage of one depthwise separable block. */
  static MobileStage separable(long stride, long channels, double squeeze, Activation activation) {
    return new MobileStage(Kind.SEPARABLE, 3, stride, List.of(1.0), channels, squeeze, activation);
  }

  /** A stage of one 1x1 convolution. */
  static MobileStage pointwise(long channels, Activation activation) {
    return new MobileStage(Kind.CONVOLUTION, 1, 1, List.of(1.0), channels, 0, activation);
  }
}
