package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Classifies by the mean of all tokens, with timm's names {@code drop} and {@code fc}. Tap: {@code
 * pooled}.
 */
final class SwinHead extends Module implements Exportable {
  private final long dimension;
  private final Tap pooled = tap("pooled");
  private final Submodule dropout;
  private final Submodule classifier;

  SwinHead(long dimension, long classes, double dropout) {
    this.dimension = dimension;
    this.dropout = submodule("drop", new Dropout(dropout));
    classifier = submodule("fc", new Linear(dimension, classes));
  }

  @Override
  public Tensor forward(Tensor input) {
    return classifier.forward(dropout.forward(pooled.of(input.mean(1, 2))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue mean = graph.reshape(graph.mean(input, 1, 2), GraphValue.DYNAMIC, dimension);
    return classifier.export(graph, dropout.export(graph, mean));
  }
}
