package io.github.steelyard.interaction;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The adjusted Rand index of two partitions (Hubert and Arabie, Comparing partitions, Journal of
 * Classification 1985). Written by hand: the Leiden library has mutual and variation of
 * information, which are not 0 for partitions that agree by chance.
 */
final class AdjustedRand {
  private AdjustedRand() {}

  /**
   * Compares.
   *
   * @param one each element's group
   * @param other each element's group in the other partition
   * @return 1 if they are equal, 0 on average if one is random; not a number without elements
   */
  static double index(List<Integer> one, List<Integer> other) {
    Map<List<Integer>, Integer> both = new HashMap<>();
    Map<Integer, Integer> ofOne = new HashMap<>();
    Map<Integer, Integer> ofOther = new HashMap<>();
    for (int i = 0; i < one.size(); i++) {
      both.merge(List.of(one.get(i), other.get(i)), 1, Integer::sum);
      ofOne.merge(one.get(i), 1, Integer::sum);
      ofOther.merge(other.get(i), 1, Integer::sum);
    }
    double together = pairs(both);
    double inOne = pairs(ofOne);
    double inOther = pairs(ofOther);
    double expected = inOne * inOther / (one.size() * (one.size() - 1) / 2.0);
    double largest = (inOne + inOther) / 2;
    if (ofOne.size() == both.size() && ofOther.size() == both.size()) {
      return one.isEmpty() ? Double.NaN : 1; // Equal, also where nothing else is possible.
    }
    return (together - expected) / (largest - expected);
  }

  private static double pairs(Map<?, Integer> sizes) {
    return sizes.values().stream().mapToDouble(size -> size * (size - 1) / 2.0).sum();
  }
}
