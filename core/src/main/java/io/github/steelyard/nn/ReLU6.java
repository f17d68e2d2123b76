package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** ReLU that ends at 6, {@code min(max(x, 0), 6)}, at every element of an input of any shape. */
public final class ReLU6 extends Module implements Exportable {
  /** Creates the activation. */
  public ReLU6() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.relu6(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.clamp(input, 0, 6);
  }
}
