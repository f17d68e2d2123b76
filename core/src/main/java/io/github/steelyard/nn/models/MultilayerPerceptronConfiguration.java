package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of a {@link MultilayerPerceptron}.
 *
 * @param inputFeatures number of inputs, at least 1
 * @param hidden widths of the hidden layers, each at least 1; may be empty
 * @param classes number of outputs, at least 1
 * @param activation after each hidden layer
 * @param dropout after each activation, in [0, 1)
 */
public record MultilayerPerceptronConfiguration(
    long inputFeatures, List<Integer> hidden, long classes, Activation activation, double dropout) {
  /**
   * Checks the values.
   *
   * @param inputFeatures number of inputs, at least 1
   * @param hidden widths of the hidden layers, each at least 1; may be empty
   * @param classes number of outputs, at least 1
   * @param activation after each hidden layer
   * @param dropout after each activation, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public MultilayerPerceptronConfiguration {
    hidden = List.copyOf(hidden);
    Checks.atLeast(1, inputFeatures, "MultilayerPerceptron", "inputFeatures");
    for (int width : hidden) {
      Checks.atLeast(1, width, "MultilayerPerceptron", "a hidden width");
    }
    Checks.atLeast(1, classes, "MultilayerPerceptron", "classes");
    Checks.probability(dropout, "MultilayerPerceptron", "dropout");
  }
}
