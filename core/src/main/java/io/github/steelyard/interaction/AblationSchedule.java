package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** How many basis vectors or edges are kept at the points of an ablation curve. */
@FunctionalInterface
public interface AblationSchedule {
  /**
   * The points for a layer or segment.
   *
   * @param total how many there are, at least 0
   * @return numbers to keep, from {@code total} down to 0
   */
  int[] kept(int total);

  /**
   * Every number.
   *
   * @return all, one fewer, ..., none
   */
  static AblationSchedule all() {
    return total -> IntStream.rangeClosed(0, total).map(removed -> total - removed).toArray();
  }

  /**
   * Evenly spaced numbers.
   *
   * @param points how many, at least 2
   * @return from all to none
   * @throws IllegalArgumentException if there are fewer than 2 points
   */
  static AblationSchedule linear(int points) {
    if (points < 2) {
      throw new IllegalArgumentException("a curve needs at least 2 points, not " + points);
    }
    return total ->
        IntStream.range(0, points)
            .map(i -> total - (int) ((double) total * i / (points - 1)))
            .distinct()
            .toArray();
  }

  /**
   * Dense where little is kept: the first numbers one by one, then in growing steps.
   *
   * @param base by which the steps grow, above 1
   * @param single how many numbers above none are taken one by one, at least 0
   * @return from all to none
   * @throws IllegalArgumentException if the base is not above 1 or {@code single} is below 0
   */
  static AblationSchedule exponential(double base, int single) {
    if (!(base > 1) || single < 0) {
      throw new IllegalArgumentException(
          "the base must be above 1 and the single steps at least 0, but are %s and %d"
              .formatted(base, single));
    }
    return total -> {
      List<Integer> removed = new ArrayList<>();
      for (int i = 0; i <= single && total - i > 0; i++) {
        removed.add(total - i);
      }
      double step = 1;
      double next = Math.max(0, total - single) - step;
      while ((int) next > 0) {
        removed.add((int) next);
        step *= base;
        next = (int) next - step;
      }
      removed.add(0);
      int[] kept = new int[removed.size()];
      for (int i = 0; i < kept.length; i++) {
        kept[kept.length - 1 - i] = total - removed.get(i);
      }
      return kept;
    };
  }
}
