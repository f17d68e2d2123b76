package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Logistic function, {@code 1 / (1 + exp(-x))}, at every element of an input of any shape. */
public final class Sigmoid extends Module implements Exportable {
  /** Creates the activation. */
  public Sigmoid() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.sigmoid(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.sigmoid(input);
  }
}
