package io.github.steelyard.io.onnx;

import java.util.List;

/**
 * How pictures become a network's input inside an ONNX graph: the shorter side is resized,
 * antialiased, the middle is cut out, and values scaled to 0..1 are normalized per channel. A
 * network of one channel sees the picture in grey, 0.299 R + 0.587 G + 0.114 B as PIL computes it.
 *
 * @param resize length of the shorter side before the middle is cut out, in pixels
 * @param height of the network's input, in pixels
 * @param width of the network's input, in pixels
 * @param isBicubic whether the resize follows cubic curves (a = -0.5) or, if not, straight lines
 * @param mean per channel, of values scaled to 0..1
 * @param std standard deviation per channel, of values scaled to 0..1
 */
public record OnnxPictures(
    int resize, int height, int width, boolean isBicubic, List<Double> mean, List<Double> std) {
  /**
   * Checks the values.
   *
   * @param resize at least 1
   * @param height at least 1
   * @param width at least 1
   * @param isBicubic whether the resize follows cubic curves
   * @param mean of one channel (grey) or three (red, green, blue)
   * @param std above 0, as many
   * @throws IllegalArgumentException if a value is out of range
   */
  public OnnxPictures {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (resize < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "sizes are at least 1 pixel, but resize, height and width are %d, %d and %d"
              .formatted(resize, height, width));
    }
    if ((mean.size() != 1 && mean.size() != 3) || mean.size() != std.size()) {
      throw new IllegalArgumentException(
          "pictures become inputs of 1 channel (grey) or 3 (red, green, blue), but there are %d means and %d deviations"
              .formatted(mean.size(), std.size()));
    }
    if (std.stream().anyMatch(s -> !(s > 0))) {
      throw new IllegalArgumentException("deviations are above 0, but are " + std);
    }
  }

  /**
   * The channels of the network's input.
   *
   * @return 1 for grey, 3 for colour
   */
  public int channels() {
    return mean.size();
  }
}
