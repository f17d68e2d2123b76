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
 * @param skipped the attacks of the protocol that did not run, by name, and why
 * @param warnings why the numbers may be too good, in sentences: signs of masked gradients, outputs
 *     that are probabilities or random, attacks that did not run; empty if there are none
 */
public record RobustnessResult(
    Protocol protocol,
    ThreatModel threat,
    long seed,
    long samples,
    double cleanAccuracy,
    Map<String, Double> accuracies,
    double worstCase,
    Map<String, String> skipped,
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
   * @param skipped which attacks did not run, and why
   * @param warnings why the numbers may be too good
   */
  public RobustnessResult {
    accuracies = Collections.unmodifiableMap(new LinkedHashMap<>(accuracies));
    skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    warnings = List.copyOf(warnings);
  }
}
