package io.github.steelyard.bench;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Candidates that take turns, round by round, so that whatever else the machine does meets all of
 * them alike.
 */
final class SideBySide {
  private final Map<String, Runnable> candidates = new LinkedHashMap<>();
  private final Map<String, double[]> milliseconds = new LinkedHashMap<>();

  /** Adds a candidate; it runs in a scope of its own. */
  SideBySide with(String name, Runnable work) {
    candidates.put(name, work);
    return this;
  }

  /** Runs all candidates in each round; the warm-up does not count. */
  SideBySide measure(int warmUp, int rounds) {
    return measure(warmUp, rounds, () -> {});
  }

  /** Like {@link #measure(int, int)}, after a preparation of each round that is not measured. */
  SideBySide measure(int warmUp, int rounds, Runnable preparation) {
    candidates.keySet().forEach(name -> milliseconds.put(name, new double[rounds]));
    for (int round = -warmUp; round < rounds; round++) {
      preparation.run();
      for (Map.Entry<String, Runnable> candidate : candidates.entrySet()) {
        long start = System.nanoTime();
        Scope.run(candidate.getValue()::run);
        double elapsed = (System.nanoTime() - start) / 1e6;
        if (round >= 0) {
          milliseconds.get(candidate.getKey())[round] = elapsed;
        }
      }
    }
    return this;
  }

  /** The median time in milliseconds. */
  double median(String name) {
    return quantile(milliseconds.get(name), 0.5);
  }

  /** The median over the rounds of the quotient of two candidates in the same round. */
  double ratio(String name, String base) {
    double[] above = milliseconds.get(name);
    double[] below = milliseconds.get(base);
    double[] quotients = new double[above.length];
    Arrays.setAll(quotients, i -> above[i] / below[i]);
    return quantile(quotients, 0.5);
  }

  /** The median over the rounds of the difference of two candidates in the same round. */
  double difference(String name, String base) {
    double[] above = milliseconds.get(name);
    double[] below = milliseconds.get(base);
    double[] differences = new double[above.length];
    Arrays.setAll(differences, i -> above[i] - below[i]);
    return quantile(differences, 0.5);
  }

  /** Median, quartiles and ratio to a candidate, as a row of a table. */
  String row(String name, String base) {
    double[] times = milliseconds.get(name);
    return String.format(
        Locale.ROOT,
        "| %s | %.2f | %.2f to %.2f | %.2f |",
        name,
        quantile(times, 0.5),
        quantile(times, 0.25),
        quantile(times, 0.75),
        ratio(name, base));
  }

  /** Prints a table with a row for each candidate. */
  void print(String base) {
    System.out.println(
        "| | median, ms | quartiles, ms | times " + base + " |\n| --- | --- | --- | --- |");
    candidates.keySet().forEach(name -> System.out.println(row(name, base)));
  }

  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
