package io.github.steelyard.nn;

/**
 * A height and a width: of a kernel, a stride, a padding or an image.
 *
 * @param height pixels from top to bottom, at least 0
 * @param width pixels from left to right, at least 0
 */
public record Size2d(long height, long width) {
  /**
   * Checks the values.
   *
   * @param height pixels from top to bottom, at least 0
   * @param width pixels from left to right, at least 0
   * @throws IllegalArgumentException if one of them is negative
   */
  public Size2d {
    Checks.atLeast(0, height, "Size2d", "height");
    Checks.atLeast(0, width, "Size2d", "width");
  }

  /**
   * Equal height and width.
   *
   * @param side both of them, at least 0
   * @return the size
   * @throws IllegalArgumentException if the side is negative
   */
  public static Size2d square(long side) {
    return new Size2d(side, side);
  }

  /**
   * As libtorch takes it.
   *
   * @return height and width, a new array
   */
  public long[] toArray() {
    return new long[] {height, width};
  }

  Size2d requireAtLeast(long minimum, String layer, String what) {
    Checks.atLeast(minimum, Math.min(height, width), layer, what);
    return this;
  }

  @Override
  public String toString() {
    return height + "x" + width;
  }
}
