package io.github.steelyard.quant;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a model is quantized.
 *
 * @param bits bits of weights and activations inside the network
 * @param method which quantizer its weights have: a name in {@link Quantizers}, such as {@code
 *     statsq}
 * @param queryKeyReparameterization whether attention quantizes the product of query and key
 *     weights instead of both; needs a {@link ProductQuantizer}, such as {@code statsq}
 * @param edges bits of the first layer and of the classifier, whose weights are always quantized by
 *     {@link Lsq}; the paper's 8
 * @param rules other bits for some layers; the last rule that matches a layer decides
 */
public record QuantizationConfiguration(
    LayerBits bits,
    String method,
    boolean queryKeyReparameterization,
    LayerBits edges,
    List<LayerRule> rules) {
  /**
   * Checks that the values go together.
   *
   * @param bits bits of weights and activations inside the network
   * @param method how its weights are quantized
   * @param queryKeyReparameterization whether attention quantizes the product of query and key
   * @param edges bits of the first layer and of the classifier
   * @param rules other bits for some layers
   * @throws IllegalArgumentException if they do not, or there is no such quantizer; the message
   *     says what would be valid
   */
  public QuantizationConfiguration {
    Objects.requireNonNull(bits, "bits");
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(edges, "edges");
    rules = List.copyOf(rules);
    QuantizerEntry<?> quantizer = Quantizers.get(method);
    if (!bits.isFloat()) {
      quantizer.requireBits(bits.weights());
    }
    if (queryKeyReparameterization && !quantizer.quantizesProducts()) {
      throw new IllegalArgumentException(
          "query-key reparameterization quantizes the product of query and key weights, which the"
              + " method '"
              + method
              + "' does not; use withMethod(\"statsq\") or"
              + " withQueryKeyReparameterization(false)");
    }
    if (queryKeyReparameterization && bits.isFloat()) {
      throw new IllegalArgumentException(
          "query-key reparameterization needs quantized weights, but their bits are "
              + bits.weights()
              + "; use 1 to 8");
    }
  }

  /**
   * The paper's method: StatsQ with query-key reparameterization, first layer and classifier at 8
   * bits.
   *
   * @param weightBits from 1 to 8
   * @param activationBits from 1 to 8, or {@link LayerBits#FLOAT}
   * @return the configuration
   * @throws IllegalArgumentException if the bits are out of range
   */
  public static QuantizationConfiguration of(int weightBits, int activationBits) {
    return new QuantizationConfiguration(
        new LayerBits(weightBits, activationBits),
        StatsQ.NAME,
        true,
        new LayerBits(8, 8),
        List.of());
  }

  /**
   * With another quantizer of weights. Query-key reparameterization ends where the quantizer does
   * not suit it, as {@code lsq}; it does not begin.
   *
   * @param other the quantizer's name in {@link Quantizers}
   * @return the changed configuration
   * @throws IllegalArgumentException if there is no such quantizer, or it does not take the bits
   */
  public QuantizationConfiguration withMethod(String other) {
    boolean product = queryKeyReparameterization && Quantizers.get(other).quantizesProducts();
    return new QuantizationConfiguration(bits, other, product, edges, rules);
  }

  /**
   * With or without query-key reparameterization.
   *
   * @param on whether attention quantizes the product of query and key weights
   * @return the changed configuration
   * @throws IllegalArgumentException if the values do not go together
   */
  public QuantizationConfiguration withQueryKeyReparameterization(boolean on) {
    return new QuantizationConfiguration(bits, method, on, edges, rules);
  }

  /**
   * With other bits for the first layer and the classifier.
   *
   * @param other their bits
   * @return the changed configuration
   */
  public QuantizationConfiguration withEdges(LayerBits other) {
    return new QuantizationConfiguration(bits, method, queryKeyReparameterization, other, rules);
  }

  /**
   * With one more rule, which decides before those already here.
   *
   * @param layers which layers, such as {@code blocks.*.mlp.*}
   * @param other their bits
   * @return the changed configuration
   * @throws IllegalArgumentException if the pattern is empty
   */
  public QuantizationConfiguration withLayers(String layers, LayerBits other) {
    List<LayerRule> more = new ArrayList<>(rules);
    more.add(new LayerRule(layers, other));
    return new QuantizationConfiguration(bits, method, queryKeyReparameterization, edges, more);
  }
}
