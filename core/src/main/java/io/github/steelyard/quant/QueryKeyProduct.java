package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Query-key reparameterization: instead of query and key weights, their product for each head is
 * quantized, so that the two cannot oscillate against each other.
 *
 * <pre>
 * M_h = Wq_hᵗ Wk_h,  of shape [C, C];  all H heads stacked: M of shape [H C, C]
 * output = q(M) x for each token x, q being StatsQ or another ProductQuantizer
 * </pre>
 *
 * <p>Parameters: {@code query} and {@code key} [C, C]; child: {@code quantizer} or, once converted,
 * {@code weight} as {@link PackedWeight}. Input [n, tokens, C], output [n, tokens, H C]: head after
 * head.
 *
 * <p>Paper: Liu, Liu and Cheng, Oscillation-free Quantization for Low-bit Vision Transformers, ICML
 * 2023 (arXiv 2302.02210), Section 4.3. Stores H C^2 integers in the place of 2 C^2: with more than
 * two heads the file grows. The product costs C^3 multiplications at each training step.
 */
public final class QueryKeyProduct extends Module implements QuantizedLayer, Exportable {
  private final long dimension;
  private final long heads;
  private final Parameter query;
  private final Parameter key;
  private final WeightQuantizer quantizer;
  private final PackedWeight packed;

  /**
   * Takes over query and key weights.
   *
   * @param query the query weight, [C, C], without gradient history; it is taken over
   * @param key the key weight, [C, C]; it is taken over
   * @param heads the number of heads, a divisor of C
   * @param quantizer the quantizer of the product, a {@link ProductQuantizer} such as {@link
   *     StatsQ}
   * @throws IllegalArgumentException if a weight is not square, they differ in shape, or the number
   *     of heads does not divide C
   */
  public QueryKeyProduct(Tensor query, Tensor key, long heads, WeightQuantizer quantizer) {
    requireSquare(query, key);
    if (heads < 1 || query.size(0) % heads != 0) {
      throw new IllegalArgumentException(
          "QueryKeyProduct: the dimension ("
              + query.size(0)
              + ") must be a multiple of heads, but heads is "
              + heads);
    }
    this.heads = heads;
    dimension = query.size(1);
    this.query = parameter("query", query);
    this.key = parameter("key", key);
    this.quantizer = quantizer;
    submodule("quantizer", quantizer);
    packed = null;
  }

  private static void requireSquare(Tensor query, Tensor key) {
    if (query.dim() != 2
        || query.size(0) != query.size(1)
        || !Arrays.equals(query.shape(), key.shape())) {
      throw new IllegalArgumentException(
          "QueryKeyProduct: query and key must be square matrices of one shape, but are "
              + Arrays.toString(query.shape())
              + " and "
              + Arrays.toString(key.shape()));
    }
  }

  private QueryKeyProduct(long dimension, long heads, PackedWeight packed) {
    this.dimension = dimension;
    this.heads = heads;
    this.packed = packed;
    submodule("weight", packed);
    query = null;
    key = null;
    quantizer = null;
  }

  @Override
  public Tensor forward(Tensor input) {
    return forward(input, Optional.empty());
  }

  /** The same plus a bias [H C]. */
  Tensor forward(Tensor input, Optional<Tensor> bias) {
    if (input.dim() != 3 || input.size(2) != dimension) {
      throw new ShapeException(this, "[n, tokens, " + dimension + "]", input);
    }
    Tensor weight = packed == null ? quantizer.forward(product()) : packed.value();
    return torch.linear(
        input, weight, bias.map(TensorOptional::new).orElseGet(TensorOptional::new));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.linear(input, integers().export(graph, "weight"), Optional.empty());
  }

  /** The weight as integers, before and after it is converted. */
  QuantizedTensor integers() {
    return packed == null
        ? quantizer.quantize(Scope.computeWithoutGradient(this::product))
        : packed.unpack();
  }

  private Tensor product() {
    Tensor q = query.value().view(heads, -1, dimension);
    Tensor k = key.value().view(heads, -1, dimension);
    return q.transpose(-2, -1).matmul(k).reshape(-1, dimension);
  }

  @Override
  public Optional<QuantizedWeight> quantizedWeight() {
    return quantizer == null
        ? Optional.empty()
        : Optional.of(new QuantizedWeight(this::product, quantizer));
  }

  @Override
  public Optional<PackedWeight> packedWeight() {
    return Optional.ofNullable(packed);
  }

  @Override
  public QueryKeyProduct convert() {
    return new QueryKeyProduct(
        dimension,
        heads,
        new PackedWeight(
            new QuantizedWeight(() -> Scope.computeWithoutGradient(this::product), quantizer)
                .quantize()));
  }

  /**
   * The size of a token.
   *
   * @return C of the formula
   */
  public long dimension() {
    return dimension;
  }

  /**
   * The number of heads.
   *
   * @return H of the formula
   */
  public long heads() {
    return heads;
  }

  @Override
  public String toString() {
    return "QueryKeyProduct(" + dimension + ", " + heads + " heads)";
  }
}
