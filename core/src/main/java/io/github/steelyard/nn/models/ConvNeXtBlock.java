package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A depthwise 7x7 convolution, a normalization and a perceptron on the channels of each pixel,
 * whose output is scaled channel by channel by {@code gamma} (layer scale, Touvron et al., Going
 * deeper with Image Transformers, ICCV 2021) and added to the input. Names are timm's. Input and
 * output [n, channels, height, width]. Taps: {@code residual_pre} and {@code residual_post} on the
 * residual stream, {@code mlp.hidden} [n, height, width, 4 channels].
 */
final class ConvNeXtBlock extends Module implements Exportable {
  private static final long MLP_RATIO = 4;

  private final long channels;
  private final Parameter gamma;
  private final Submodule depthwise;
  private final Submodule norm;
  private final Submodule mlp;
  private final Submodule dropPath;
  private final Tap before = tap("residual_pre");
  private final Tap after = tap("residual_post");

  ConvNeXtBlock(long channels, double layerScale, double path) {
    this.channels = channels;
    gamma = parameter("gamma", torch.full(new long[] {channels}, new Scalar(layerScale)));
    depthwise =
        submodule(
            "conv_dw",
            new Conv2d(
                Conv2dConfiguration.of(channels, channels, 7).withPadding(3).withGroups(channels)));
    norm = submodule("norm", new LayerNorm(channels, 1e-6));
    mlp = submodule("mlp", new Mlp(channels, MLP_RATIO * channels, 0));
    dropPath = submodule("drop_path", new DropPath(path));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = before.of(input);
    Tensor pixels = depthwise.forward(x).permute(0, 2, 3, 1);
    Tensor scaled = mlp.forward(norm.forward(pixels)).mul(gamma.value());
    return after.of(x.add(dropPath.forward(scaled.permute(0, 3, 1, 2))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue pixels = graph.permute(depthwise.export(graph, input), 0, 2, 3, 1);
    GraphValue x = mlp.export(graph, norm.export(graph, pixels));
    x = graph.permute(graph.mul(x, gamma.export(graph, "gamma")), 0, 3, 1, 2);
    return graph.add(input, dropPath.export(graph, x));
  }

  @Override
  public String toString() {
    return "ConvNeXtBlock(" + channels + ")";
  }
}
