package io.github.steelyard.io.inspect;

/**
 * How closely weights are inspected.
 *
 * @param histogramBins bins of a histogram, 1 to 10,000
 * @param spectrumLimit the largest matrix whose singular values are computed, in multiply-adds:
 *     rows times columns times the smaller of both; at least 0, which computes none. Larger ones
 *     are reported as omitted
 */
public record InspectionConfiguration(int histogramBins, long spectrumLimit) {
  /**
   * 64 bins, and singular values up to 2·10<sup>10</sup> multiply-adds: a square matrix of 2,700
   * rows, some seconds of work. Each layer of a ResNet-50 and of a ViT-B stays below.
   */
  public static final InspectionConfiguration DEFAULT =
      new InspectionConfiguration(64, 20_000_000_000L);

  /**
   * Checks the values.
   *
   * @param histogramBins bins of a histogram, 1 to 10,000
   * @param spectrumLimit the largest matrix whose singular values are computed, in multiply-adds
   * @throws IllegalArgumentException if a value is out of range
   */
  public InspectionConfiguration {
    if (histogramBins < 1 || histogramBins > 10_000) {
      throw new IllegalArgumentException(
          "histogramBins must be between 1 and 10000, but is " + histogramBins);
    }
    if (spectrumLimit < 0) {
      throw new IllegalArgumentException(
          "spectrumLimit must be at least 0, but is " + spectrumLimit);
    }
  }
}
