package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The two-layer perceptron of a transformer block, with timm's names: {@code fc1}, {@code act},
 * {@code drop1}, {@code fc2}, {@code drop2}. Input and output [..., features].
 *
 * <p>Tap: {@code hidden} after the activation, [..., hidden].
 */
public final class Mlp extends Module implements Exportable, InnerChannels {
  private final Submodule fc1;
  private final Submodule act;
  private final Submodule drop1;
  private final Submodule fc2;
  private final Submodule drop2;
  private final Tap hidden = tap("hidden");

  /**
   * A perceptron with GELU and random weights.
   *
   * @param features size of the input's and the output's last dimension, at least 1
   * @param hidden size of the hidden layer, at least 1
   * @param dropout after the activation and at the end, in [0, 1)
   * @throws IllegalArgumentException if a value is out of range
   */
  public Mlp(long features, long hidden, double dropout) {
    fc1 = submodule("fc1", new Linear(features, hidden));
    act = submodule("act", new GELU());
    drop1 = submodule("drop1", new Dropout(dropout));
    fc2 = submodule("fc2", new Linear(hidden, features));
    drop2 = submodule("drop2", new Dropout(dropout));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = drop1.forward(hidden.of(act.forward(fc1.forward(input))));
    return drop2.forward(fc2.forward(x));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(new ChannelChain("fc1", List.of(), "fc2"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = drop1.export(graph, act.export(graph, fc1.export(graph, input)));
    return drop2.export(graph, fc2.export(graph, x));
  }
}
