package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Numbers;
import java.util.List;
import java.util.Locale;
import org.apache.commons.statistics.descriptive.Mean;
import org.apache.commons.statistics.descriptive.StandardDeviation;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A mean of several runs and its 95 % confidence interval by Student's t: mean ± t s / sqrt(n),
 * with s the standard deviation of n - 1 degrees of freedom.
 *
 * @param count how many runs
 * @param mean their mean; not a number without runs
 * @param halfWidth half the interval's width; not a number with fewer than two runs
 */
record Interval(int count, double mean, double halfWidth) {
  private static final double LEVEL = 0.95;

  static Interval of(List<Double> values) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    int n = all.length;
    if (n == 0) {
      return new Interval(0, Double.NaN, Double.NaN);
    }
    double mean = Mean.of(all).getAsDouble();
    if (n == 1) {
      return new Interval(1, mean, Double.NaN);
    }
    double t = TDistribution.of(n - 1.0).inverseCumulativeProbability((1 + LEVEL) / 2);
    return new Interval(n, mean, t * StandardDeviation.of(all).getAsDouble() / Math.sqrt(n));
  }

  /** In percent for fractions, such as {@code 83.10 ± 0.42 %}. */
  String text(String measure) {
    return text(measure, " %");
  }

  /** With its sign, for differences; those of fractions are in points. */
  String difference(String measure) {
    return count == 0 ? "-" : (mean >= 0 ? "+" : "") + text(measure, " points");
  }

  private String text(String measure, String unitOfFractions) {
    if (count == 0) {
      return "-";
    }
    String unit = Numbers.isFraction(measure) ? unitOfFractions : "";
    String middle = number(measure, mean);
    return count == 1 ? middle + unit : middle + " ± " + number(measure, halfWidth) + unit;
  }

  /** Without its unit. */
  static String number(String measure, double value) {
    return Numbers.isFraction(measure)
        ? String.format(Locale.ROOT, "%.2f", 100 * value)
        : Numbers.brief(value);
  }

  double low() {
    return count > 1 ? mean - halfWidth : mean;
  }

  double high() {
    return count > 1 ? mean + halfWidth : mean;
  }
}
