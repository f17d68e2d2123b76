package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/** Blocks of one resolution, after what changes it, with timm's names. */
final class DownsampledStage extends Module implements Exportable {
  private final Submodule downsample;
  private final Submodule blocks;

  DownsampledStage(Module downsample, Sequential blocks) {
    this.downsample = submodule("downsample", downsample);
    this.blocks = submodule("blocks", blocks);
  }

  @Override
  public Tensor forward(Tensor input) {
    return blocks.forward(downsample.forward(input));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return blocks.export(graph, downsample.export(graph, input));
  }
}
