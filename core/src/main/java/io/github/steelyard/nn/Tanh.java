package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Hyperbolic tangent at every element of an input of any shape. */
public final class Tanh extends Module implements Exportable {
  /** Creates the activation. */
  public Tanh() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.tanh(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.tanh(input);
  }
}
