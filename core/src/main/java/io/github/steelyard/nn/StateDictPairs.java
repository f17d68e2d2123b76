package io.github.steelyard.nn;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.bytedeco.pytorch.Tensor;

/** Finds which unexpected names of a state dict may be which missing ones, for the error. */
final class StateDictPairs {
  private static final int MOST = 3;

  /** Comparing every two names of large networks would take seconds. */
  private static final int MOST_COMPARED = 400;

  private StateDictPairs() {}

  /** Pairs of one shape, each the other's nearest by name and less than half different. */
  static Map<String, String> of(
      Map<String, Tensor> own,
      Collection<String> missing,
      Map<String, Tensor> given,
      Collection<String> unexpected) {
    List<String> absent = missing.stream().limit(MOST_COMPARED).toList();
    List<String> strange = unexpected.stream().limit(MOST_COMPARED).toList();
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String name : strange) {
      if (pairs.size() == MOST) {
        break;
      }
      nearest(name, given.get(name), absent, own)
          .filter(meant -> nearest(meant, own.get(meant), strange, given).equals(Optional.of(name)))
          .ifPresent(meant -> pairs.put(name, meant));
    }
    return pairs;
  }

  private static Optional<String> nearest(
      String name, Tensor tensor, List<String> candidates, Map<String, Tensor> tensors) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return candidates.stream()
        .filter(other -> Arrays.equals(tensors.get(other).shape(), tensor.shape()))
        .filter(other -> distance.apply(name, other) <= Math.max(name.length(), other.length()) / 2)
        .min(Comparator.comparingInt(other -> distance.apply(name, other)));
  }
}
