package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.PreNormBlock;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * A pre-norm transformer block with timm's names. Taps on the residual stream: {@code
 * residual_pre}, {@code residual_mid} (after attention) and {@code residual_post}.
 */
final class TransformerBlock extends Module implements Exportable, PreNormBlock {
  private final Submodule norm1;
  private final Submodule attention;
  private final Submodule dropPath1;
  private final Submodule norm2;
  private final Submodule mlp;
  private final Submodule dropPath2;
  private final Tap before = tap("residual_pre");
  private final Tap middle = tap("residual_mid");
  private final Tap after = tap("residual_post");

  TransformerBlock(VisionTransformerConfiguration configuration, double path) {
    long dimension = configuration.dimension();
    double dropout = configuration.dropout().projection();
    norm1 = submodule("norm1", new LayerNorm(dimension, 1e-6));
    attention = submodule("attn", new Attention(configuration.attention()));
    dropPath1 = submodule("drop_path1", new DropPath(path));
    norm2 = submodule("norm2", new LayerNorm(dimension, 1e-6));
    mlp =
        submodule(
            "mlp", new Mlp(dimension, (long) (dimension * configuration.mlpRatio()), dropout));
    dropPath2 = submodule("drop_path2", new DropPath(path));
  }

  /** All blocks of a transformer; the path dropout grows from block to block. */
  static Sequential stack(VisionTransformerConfiguration configuration) {
    int depth = configuration.depth();
    Module[] blocks = new Module[depth];
    for (int i = 0; i < depth; i++) {
      blocks[i] = new TransformerBlock(configuration, configuration.dropout().path(i, depth));
    }
    return new Sequential(blocks);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = before.of(input);
    x = middle.of(x.add(dropPath1.forward(attention.forward(norm1.forward(x)))));
    return after.of(x.add(dropPath2.forward(mlp.forward(norm2.forward(x)))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue branch = attention.export(graph, norm1.export(graph, input));
    GraphValue x = graph.add(input, dropPath1.export(graph, branch));
    branch = mlp.export(graph, norm2.export(graph, x));
    return graph.add(x, dropPath2.export(graph, branch));
  }
}
