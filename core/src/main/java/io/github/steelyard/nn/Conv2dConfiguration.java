package io.github.steelyard.nn;

/**
 * How a {@link Conv2d} slides over an image. Start from {@link #of}; the other settings have
 * PyTorch's defaults.
 *
 * @param inChannels channels of the input, a multiple of {@code groups}
 * @param outChannels channels of the output, a multiple of {@code groups}
 * @param kernel size of the window, at least 1x1
 * @param stride pixels from one window to the next, at least 1x1
 * @param padding zeros added at each border
 * @param dilation distance of the pixels in a window, at least 1x1
 * @param groups parts of the channels that do not see each other, at least 1
 * @param bias whether there is a bias
 */
public record Conv2dConfiguration(
    long inChannels,
    long outChannels,
    Size2d kernel,
    Size2d stride,
    Size2d padding,
    Size2d dilation,
    long groups,
    boolean bias) {
  /**
   * Checks the values.
   *
   * @param inChannels channels of the input, a multiple of {@code groups}
   * @param outChannels channels of the output, a multiple of {@code groups}
   * @param kernel size of the window, at least 1x1
   * @param stride pixels from one window to the next, at least 1x1
   * @param padding zeros added at each border
   * @param dilation distance of the pixels in a window, at least 1x1
   * @param groups parts of the channels that do not see each other, at least 1
   * @param bias whether there is a bias
   * @throws IllegalArgumentException if a value is out of range
   */
  public Conv2dConfiguration {
    Checks.atLeast(1, inChannels, "Conv2d", "inChannels");
    Checks.atLeast(1, outChannels, "Conv2d", "outChannels");
    kernel.requireAtLeast(1, "Conv2d", "kernel");
    stride.requireAtLeast(1, "Conv2d", "stride");
    dilation.requireAtLeast(1, "Conv2d", "dilation");
    Checks.atLeast(1, groups, "Conv2d", "groups");
    if (inChannels % groups != 0 || outChannels % groups != 0) {
      throw new IllegalArgumentException(
          "Conv2d: groups ("
              + groups
              + ") must divide inChannels ("
              + inChannels
              + ") and outChannels ("
              + outChannels
              + ")");
    }
  }

  /**
   * A square kernel with stride 1, no padding, one group and a bias.
   *
   * @param inChannels channels of the input, at least 1
   * @param outChannels channels of the output, at least 1
   * @param kernel side of the window, at least 1
   * @return the configuration
   * @throws IllegalArgumentException if a value is below 1
   */
  public static Conv2dConfiguration of(long inChannels, long outChannels, long kernel) {
    Size2d one = Size2d.square(1);
    return new Conv2dConfiguration(
        inChannels, outChannels, Size2d.square(kernel), one, Size2d.square(0), one, 1, true);
  }

  /**
   * Another stride.
   *
   * @param side pixels from one window to the next in both directions, at least 1
   * @return the changed configuration
   * @throws IllegalArgumentException if the stride is below 1
   */
  public Conv2dConfiguration withStride(long side) {
    return new Conv2dConfiguration(
        inChannels, outChannels, kernel, Size2d.square(side), padding, dilation, groups, bias);
  }

  /**
   * Another padding.
   *
   * @param side zeros added at each border, at least 0
   * @return the changed configuration
   * @throws IllegalArgumentException if the padding is negative
   */
  public Conv2dConfiguration withPadding(long side) {
    return new Conv2dConfiguration(
        inChannels, outChannels, kernel, stride, Size2d.square(side), dilation, groups, bias);
  }

  /**
   * Another dilation.
   *
   * @param side distance of the pixels in a window in both directions, at least 1
   * @return the changed configuration
   * @throws IllegalArgumentException if the dilation is below 1
   */
  public Conv2dConfiguration withDilation(long side) {
    return new Conv2dConfiguration(
        inChannels, outChannels, kernel, stride, padding, Size2d.square(side), groups, bias);
  }

  /**
   * Another number of groups.
   *
   * @param count parts of the channels that do not see each other
   * @return the changed configuration
   * @throws IllegalArgumentException if it does not divide both numbers of channels
   */
  public Conv2dConfiguration withGroups(long count) {
    return new Conv2dConfiguration(
        inChannels, outChannels, kernel, stride, padding, dilation, count, bias);
  }

  /**
   * No bias, as before a batch normalization.
   *
   * @return the changed configuration
   */
  public Conv2dConfiguration withoutBias() {
    return new Conv2dConfiguration(
        inChannels, outChannels, kernel, stride, padding, dilation, groups, false);
  }
}
