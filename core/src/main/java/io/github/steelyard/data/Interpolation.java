package io.github.steelyard.data;

/** How pixels between pixels are computed; the kernels are PIL's. */
public enum Interpolation {
  /** Straight lines: a triangle of one pixel on each side. torchvision's default. */
  BILINEAR(1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  /** Cubic curves with a = -0.5, two pixels on each side. timm's and DeiT's default. */
  BICUBIC(2) {
    @Override
    double weight(double x) {
      double d = Math.abs(x);
      if (d < 1) {
        return ((A + 2) * d - (A + 3)) * d * d + 1;
      }
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final double support;

  Interpolation(double support) {
    this.support = support;
  }

  /** How far the kernel reaches, in pixels. */
  double support() {
    return support;
  }

  abstract double weight(double x);
}
