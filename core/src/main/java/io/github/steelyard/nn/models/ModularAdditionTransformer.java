package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * The transformer that learns addition modulo a prime (Nanda, Chan, Lieberum, Smith and Steinhardt,
 * Progress measures for grokking via mechanistic interpretability, ICLR 2023): one block without
 * normalization, which reads the tokens {@code a, b, p} and answers at the last position. Only that
 * position is computed after the attention, which makes a causal mask needless.
 *
 * <p>Input [n, 1, 3, p + 1], for each token a row that is 1 at its number and 0 elsewhere, as
 * {@link io.github.steelyard.data.ModularAddition} gives them; output [n, p].
 *
 * <p>Taps: {@code embedded} [n, 3, dimension], then at the last position {@code residual_mid} [n,
 * dimension] after the attention, {@code hidden} [n, hidden width] and {@code residual_post} [n,
 * dimension].
 */
public final class ModularAdditionTransformer extends Module implements Exportable {
  private static final int TOKENS = 3;

  private final int vocabulary;
  private final Submodule embedding;
  private final Parameter positions;
  private final Submodule attention;
  private final Submodule first;
  private final Submodule activation = submodule("act", new ReLU());
  private final Submodule second;
  private final Submodule unembedding;
  private final Tap embedded = tap("embedded");
  private final Tap middle = tap("residual_mid");
  private final Tap hidden = tap("hidden");
  private final Tap after = tap("residual_post");

  /**
   * A transformer with random weights.
   *
   * @param prime p, at least 2; 113 in the paper
   * @param dimension of the residual stream, a multiple of {@code heads}; 128 in the paper
   * @param heads of the attention; 4 in the paper
   * @param hiddenWidth of the perceptron; 512 in the paper
   * @throws IllegalArgumentException if a size is below its least value or the dimension is no
   *     multiple of the heads
   */
  public ModularAdditionTransformer(int prime, long dimension, long heads, long hiddenWidth) {
    Checks.atLeast(2, prime, "ModularAdditionTransformer", "prime");
    Checks.atLeast(1, hiddenWidth, "ModularAdditionTransformer", "hiddenWidth");
    vocabulary = prime + 1;
    Linear table = new Linear(vocabulary, dimension, false);
    embedding = submodule("embed", table);
    positions = parameter("pos_embed", Initialization.empty(1, TOKENS, dimension));
    attention = submodule("attn", new Attention(AttentionConfiguration.of(dimension, heads)));
    first = submodule("fc1", new Linear(dimension, hiddenWidth));
    second = submodule("fc2", new Linear(hiddenWidth, dimension));
    unembedding = submodule("unembed", new Linear(dimension, prime, false));
    double deviation = 1 / Math.sqrt((double) dimension);
    Initialization.normal(table.weight().tensor(), deviation);
    Initialization.normal(positions.tensor(), deviation);
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4
        || input.size(1) != 1
        || input.size(2) != TOKENS
        || input.size(3) != vocabulary) {
      throw new ShapeException(this, "[n, 1, " + TOKENS + ", " + vocabulary + "]", input);
    }
    Tensor x = embedded.of(embedding.forward(input.squeeze(1)).add(positions.value()));
    x = middle.of(x.add(attention.forward(x)).select(1, TOKENS - 1));
    Tensor units = hidden.of(activation.forward(first.forward(x)));
    return unembedding.forward(after.of(x.add(second.forward(units))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue tokens = embedding.export(graph, graph.select(input, 1, 0));
    GraphValue x = graph.add(tokens, positions.export(graph, "pos_embed"));
    x = graph.select(graph.add(x, attention.export(graph, x)), 1, TOKENS - 1);
    GraphValue units = activation.export(graph, first.export(graph, x));
    return unembedding.export(graph, graph.add(x, second.export(graph, units)));
  }
}
