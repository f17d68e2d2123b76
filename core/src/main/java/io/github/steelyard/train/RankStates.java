package io.github.steelyard.train;

import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.DistributedException;
import io.github.steelyard.runtime.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The check that all ranks have the same state, by checksums of every tensor and value. */
final class RankStates {
  private RankStates() {}

  /** Wall-clock times and the place in the leader's log differ among ranks and decide nothing. */
  private static final List<String> OWN = List.of("seconds", "log");

  /**
   * Refuses states that differ.
   *
   * @throws DistributedException in all ranks, with the name of the first tensor that differs
   */
  static void requireSame(Distributed ranks, Checkpoint checkpoint, String when) {
    if (ranks.size() == 1) {
      return;
    }
    Map<String, Long> sums = sums(checkpoint);
    List<String> names = new ArrayList<>(sums.keySet());
    ranks.requireSame("set of tensors " + when, String.join("\n", names));
    double[] own = new double[names.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = sums.get(names.get(i));
    }
    double[][] all = ranks.gather(own);
    for (int i = 0; i < own.length; i++) {
      for (int r = 1; r < all.length; r++) {
        if (all[r][i] != all[0][i]) {
          throw new DistributedException(
              "rank "
                  + r
                  + " has another '"
                  + names.get(i)
                  + "' than rank 0 "
                  + when
                  + "; nothing more is written. All ranks must start from the same weights and make"
                  + " the same calls");
        }
      }
    }
  }

  private static Map<String, Long> sums(Checkpoint checkpoint) {
    Map<String, Long> sums = new LinkedHashMap<>();
    for (Map.Entry<String, State> part : checkpoint.parts().entrySet()) {
      State state = part.getValue();
      state
          .tensors()
          .forEach(
              (name, tensor) ->
                  sums.put(
                      part.getKey() + "/" + name,
                      Long.parseLong(TensorChecksum.of(Map.of(name, tensor)), 16)));
      sums.put(
          part.getKey() + "'s values",
          Integer.toUnsignedLong(String.valueOf(sorted(state.values())).hashCode()));
    }
    return sums;
  }

  /** Java's unmodifiable maps have another order in each process; what is its own is left out. */
  private static Object sorted(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> sorted = new TreeMap<>();
      map.forEach((key, inner) -> sorted.put(String.valueOf(key), sorted(inner)));
      OWN.forEach(sorted::remove);
      return sorted;
    }
    return value instanceof Collection<?> all
        ? all.stream().map(RankStates::sorted).toList()
        : value;
  }
}
