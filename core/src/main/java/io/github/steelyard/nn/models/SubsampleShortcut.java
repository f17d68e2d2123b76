package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The shortcut without parameters: some of the pixels, and zeros for the channels that are new. */
final class SubsampleShortcut extends Module implements Exportable {
  private final long stride;
  private final long newChannels;

  SubsampleShortcut(long stride, long newChannels) {
    this.stride = stride;
    this.newChannels = newChannels;
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor pixels = every(every(input, 2), 3);
    long before = newChannels / 2;
    return torch.pad(pixels, 0, 0, 0, 0, before, newChannels - before);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    long[] shape = input.shape();
    GraphValue rows = graph.slice(input, 2, 0, shape[2], stride);
    GraphValue pixels = graph.slice(rows, 3, 0, shape[3], stride);
    long before = newChannels / 2;
    return graph.pad(pixels, 1, before, newChannels - before);
  }

  private Tensor every(Tensor input, long dimension) {
    return input.slice(dimension, new LongOptional(), new LongOptional(), stride);
  }
}
