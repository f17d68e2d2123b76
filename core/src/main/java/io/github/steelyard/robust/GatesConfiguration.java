package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import java.util.List;

/**
 * Which layers get gates, and how these begin. Defaults are those of TSCNC (Feng et al., 2025).
 *
 * @param temperature of the {@link HardConcrete} distribution, above 0; 2/3
 * @param dropRate about the share of gates that a first sample closes, above 0 and below 1; 0.3
 * @param layers convolutions whose output channels get gates, by patterns as in {@link
 *     LayerWeights#matching}; of these, those whose channels only one other layer sees, such as the
 *     first of each residual block
 * @param except which of these get none; may be empty. The authors leave out the first layer of VGG
 * @param inputs linear layers whose input units get gates, by patterns; may be empty
 */
public record GatesConfiguration(
    double temperature,
    double dropRate,
    List<String> layers,
    List<String> except,
    List<String> inputs) {
  private static final String OWNER = "gates";

  /**
   * Checks the values.
   *
   * @param temperature above 0
   * @param dropRate above 0 and below 1
   * @param layers patterns; may be empty if there are inputs
   * @param except patterns; may be empty
   * @param inputs patterns; may be empty if there are layers
   * @throws IllegalArgumentException if a value is out of range
   */
  public GatesConfiguration {
    Checks.positive(temperature, OWNER, "temperature");
    requireRate(dropRate, OWNER);
    layers =
        layers.isEmpty() && !inputs.isEmpty()
            ? List.of()
            : LayerWeights.requirePatterns(layers, OWNER);
    except = except.isEmpty() ? List.of() : LayerWeights.requirePatterns(except, "gates: except");
    inputs = inputs.isEmpty() ? List.of() : LayerWeights.requirePatterns(inputs, "gates: inputs");
  }

  static void requireRate(double dropRate, String owner) {
    if (!(dropRate > 0 && dropRate < 1)) {
      throw new IllegalArgumentException(
          owner + ": dropRate must be above 0 and below 1, but is " + dropRate);
    }
  }

  /**
   * Gates on every convolution that can lose channels.
   *
   * @return the configuration
   */
  public static GatesConfiguration defaults() {
    return new GatesConfiguration(2.0 / 3.0, 0.3, List.of("*"), List.of(), List.of());
  }

  /**
   * Gates on the input units of linear layers only.
   *
   * @param patterns which layers, at least one pattern
   * @return the configuration
   * @throws IllegalArgumentException if there is no pattern
   */
  public static GatesConfiguration ofInputs(List<String> patterns) {
    return new GatesConfiguration(2.0 / 3.0, 0.3, List.of(), List.of(), patterns);
  }

  /**
   * Leaves layers out.
   *
   * @param patterns which layers get no gates
   * @return the changed configuration
   */
  public GatesConfiguration withExcept(List<String> patterns) {
    return new GatesConfiguration(temperature, dropRate, layers, patterns, inputs);
  }
}
