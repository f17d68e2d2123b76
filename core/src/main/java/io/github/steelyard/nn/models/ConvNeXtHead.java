package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.LayerNorm2d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Classifies by the normalized mean of all pixels, with timm's names. Tap: {@code pooled}, the
 * classifier's input.
 */
final class ConvNeXtHead extends Module implements Exportable {
  private final Submodule pool;
  private final Submodule norm;
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Submodule dropout;
  private final Submodule classifier;
  private final Tap pooled = tap("pooled");

  ConvNeXtHead(long channels, long classes, double dropout) {
    pool = submodule("global_pool", new AdaptiveAvgPool2d(Size2d.square(1)));
    norm = submodule("norm", new LayerNorm2d(channels));
    this.dropout = submodule("drop", new Dropout(dropout));
    classifier = submodule("fc", new Linear(channels, classes));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = flatten.forward(norm.forward(pool.forward(input)));
    return classifier.forward(dropout.forward(pooled.of(x)));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = norm.export(graph, pool.export(graph, input));
    x = dropout.export(graph, flatten.export(graph, x));
    return classifier.export(graph, x);
  }
}
