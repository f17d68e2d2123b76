package io.github.steelyard.cli.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them. */
public final class Numbers {
  private Numbers() {}

  /**
   * A number in four significant digits.
   *
   * @param value any number
   * @return such as {@code 0.9312}, {@code 12,000} or {@code 3.2e-5}
   */
  public static String brief(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : String.valueOf(value);
    }
    double size = Math.abs(value);
    if (size < 1e-3 || size >= 1e7) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  /**
   * A number for JSON, which has no infinities.
   *
   * @param value any number
   * @return the number; null if it is not finite
   */
  public static Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }

  /**
   * A metric of an evaluation: accuracies are fractions, which people read in percent.
   *
   * @param name the metric's name, such as {@code accuracy} or {@code average.loss}
   * @param value its value
   * @return such as {@code 93.12 %} or {@code 0.2104}
   */
  public static String metric(String name, double value) {
    return isFraction(name) ? percent(value) : brief(value);
  }

  /**
   * Whether a metric is a fraction of 1.
   *
   * @param name the metric's name
   * @return true for accuracies and shares of errors
   */
  public static boolean isFraction(String name) {
    return name.endsWith("accuracy") || name.equals("error") || name.equals("calibration_error");
  }

  /**
   * A fraction in percent.
   *
   * @param fraction such as 0.9312
   * @return such as {@code 93.12 %}
   */
  public static String percent(double fraction) {
    return Double.isNaN(fraction) ? "-" : String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  /**
   * A size.
   *
   * @param bytes at least 0
   * @return such as {@code 812 bytes}, {@code 53.2 kB} or {@code 2.41 MB}, in powers of 1,000
   */
  public static String bytes(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
  }

  /**
   * A time span.
   *
   * @param seconds at least 0
   * @return such as {@code 12.3 s}, {@code 4 min 05 s} or {@code 2 h 13 min}
   */
  public static String duration(double seconds) {
    if (seconds < 60) {
      return String.format(Locale.ROOT, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
  }
}
