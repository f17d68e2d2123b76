package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Rectified linear unit, {@code max(x, 0)}, at every element of an input of any shape. */
public final class ReLU extends Module implements Exportable {
  /** Creates the activation. */
  public ReLU() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.relu(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.relu(input);
  }
}
