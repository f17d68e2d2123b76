package io.github.steelyard.interaction;

/**
 * What a linear layer does not use.
 *
 * @param name the layer's path
 * @param inputs its inputs, with the constant one if it has a bias
 * @param inputRank dimensions that its inputs span over the data
 * @param outputs its outputs
 * @param gradientRank dimensions that the gradients of the network's outputs with respect to its
 *     outputs span over the data
 * @param parameters {@code inputs * outputs}
 * @param rows inputs that were looked at: samples times positions
 */
public record LayerDegeneracy(
    String name,
    int inputs,
    int inputRank,
    int outputs,
    int gradientRank,
    long parameters,
    long rows) {
  /**
   * Parameters whose change changes the network's outputs on the data to first order.
   *
   * @return {@code inputRank * gradientRank}
   */
  public long effectiveParameters() {
    return (long) inputRank * gradientRank;
  }

  /**
   * Whether there were too few data to know the rank of the inputs: as many dimensions as rows, and
   * fewer than inputs. More data would show a higher rank.
   *
   * @return true if the rank is that of the sample
   */
  public boolean limitedByData() {
    return inputRank >= rows && inputRank < inputs;
  }
}
