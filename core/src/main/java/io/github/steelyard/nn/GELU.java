package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Gaussian error linear unit, {@code x Phi(x)} with the exact normal distribution, at every element
 * of an input of any shape.
 */
public final class GELU extends Module implements Exportable {
  /** Creates the activation. */
  public GELU() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.gelu(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.gelu(input);
  }
}
