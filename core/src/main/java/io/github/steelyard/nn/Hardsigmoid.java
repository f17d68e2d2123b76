package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Piecewise linear sigmoid, {@code min(max(x + 3, 0), 6) / 6}, at every element of an input of any
 * shape (Howard et al., Searching for MobileNetV3, ICCV 2019).
 */
public final class Hardsigmoid extends Module implements Exportable {
  /** Creates the activation. */
  public Hardsigmoid() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.hardsigmoid(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.hardsigmoid(input);
  }
}
