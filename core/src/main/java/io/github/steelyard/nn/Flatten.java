package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/** Joins all dimensions after the first: [n, ...] becomes [n, product of the others]. */
public final class Flatten extends Module implements Exportable {
  /** Creates the layer. */
  public Flatten() {}

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() < 1) {
      throw new ShapeException(this, "[n, ...]", input);
    }
    return input.dim() == 1 ? input.unsqueeze(1) : input.flatten(1, -1);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return input.shape().length == 1
        ? graph.reshape(input, GraphValue.DYNAMIC, 1)
        : graph.flatten(input, 1);
  }
}
