package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Sigmoid linear unit (swish), {@code x sigmoid(x)}, at every element of an input of any shape. */
public final class SiLU extends Module implements Exportable {
  /** Creates the activation. */
  public SiLU() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.silu(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.silu(input);
  }
}
