package io.github.steelyard.robust;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How robust a model is, with all that the numbers depend on.
 *
 * @param protocol which attacks, and how
 * @param threat what they were allowed
 * @param seed of their random numbers
 * @param samples how many samples were attacked or wrong anyway
 * @param cleanAccuracy the share of samples that the model gets right without attack, 0 to 1
 * @param accuracies the share of samples that the model still gets right under each attack, by its
 *     name; in a cascade under this attack and those before it
 * @param worstCase the share of samples that no attack broke: the point-wise worst case
 * @param warnings signs that gradients are masked and the numbers too good, in sentences; empty if
 *     there are none
 */
public record RobustnessResult(
    Protocol protocol,
    ThreatModel threat,
    long seed,
    long samples,
    double cleanAccuracy,
    Map<String, Double> accuracies,
    double worstCase,
    List<String> warnings) {
  /**
   * Copies the collections.
   *
   * @param protocol which attacks
   * @param threat what they were allowed
   * @param seed of their random numbers
   * @param samples how many samples
   * @param cleanAccuracy without attack
   * @param accuracies under each attack
   * @param worstCase under all attacks
   * @param warnings signs of masked gradients
   */
  public RobustnessResult {
    accuracies = Collections.unmodifiableMap(new LinkedHashMap<>(accuracies));
    warnings = List.copyOf(warnings);
  }
}
