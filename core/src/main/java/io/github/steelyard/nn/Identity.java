package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/** Passes its input on; stands in a place where another layer may be put. */
public final class Identity extends Module implements Exportable {
  /** Creates the layer. */
  public Identity() {}

  @Override
  public Tensor forward(Tensor input) {
    return input;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return input;
  }
}
