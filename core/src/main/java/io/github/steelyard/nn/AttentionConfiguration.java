package io.github.steelyard.nn;

/**
 * The size of an {@link Attention}.
 *
 * @param dimension size of a token, a multiple of {@code heads}
 * @param heads number of heads, at least 1
 * @param qkvBias whether queries, keys and values have a bias
 * @param qkNorm whether queries and keys are normalized per head (a {@link LayerNorm} each)
 * @param attentionDropout of attention probabilities, in [0, 1)
 * @param projectionDropout of the output, in [0, 1)
 */
public record AttentionConfiguration(
    long dimension,
    long heads,
    boolean qkvBias,
    boolean qkNorm,
    double attentionDropout,
    double projectionDropout) {
  /**
   * Checks the values.
   *
   * @param dimension size of a token, a multiple of {@code heads}
   * @param heads number of heads, at least 1
   * @param qkvBias whether queries, keys and values have a bias
   * @param qkNorm whether queries and keys are normalized per head
   * @param attentionDropout of attention probabilities, in [0, 1)
   * @param projectionDropout of the output, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public AttentionConfiguration {
    Checks.atLeast(1, dimension, "Attention", "dimension");
    Checks.atLeast(1, heads, "Attention", "heads");
    if (dimension % heads != 0) {
      throw new IllegalArgumentException(
          "Attention: dimension (" + dimension + ") must be a multiple of heads (" + heads + ")");
    }
    Checks.probability(attentionDropout, "Attention", "attentionDropout");
    Checks.probability(projectionDropout, "Attention", "projectionDropout");
  }

  /**
   * Vision transformers' usual attention: biases, no normalization, no dropout.
   *
   * @param dimension size of a token, a multiple of {@code heads}
   * @param heads number of heads, at least 1
   * @return the configuration
   * @throws IllegalArgumentException if a value is out of range
   */
  public static AttentionConfiguration of(long dimension, long heads) {
    return new AttentionConfiguration(dimension, heads, true, false, 0, 0);
  }

  /**
   * The size of one head.
   *
   * @return {@code dimension / heads}
   */
  public long headDimension() {
    return dimension / heads;
  }
}
