package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.WindowAttention;
import io.github.steelyard.nn.WindowBias;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A block of a Swin transformer with timm's names: attention inside windows, which every second
 * block shifts by half a window, and a perceptron. Input and output [n, height, width, dimension].
 * Taps on the residual stream: {@code residual_pre}, {@code residual_mid} (after attention) and
 * {@code residual_post}.
 */
final class SwinBlock extends Module implements Exportable {
  /** How far apart logits of pixels that are no neighbours are put. */
  private static final float APART = -100;

  private final long side;
  private final long dimension;
  private final long window;
  private final long padded;
  private final long shift;
  private final Submodule norm1;
  private final Submodule attention;
  private final Submodule dropPath1;
  private final Submodule norm2;
  private final Submodule mlp;
  private final Submodule dropPath2;
  private final Tap before = tap("residual_pre");
  private final Tap middle = tap("residual_mid");
  private final Tap after = tap("residual_post");

  /** A block for square images of tokens; windows that would be larger become the whole image. */
  SwinBlock(
      long side,
      AttentionConfiguration attention,
      long largestWindow,
      boolean shifted,
      double mlpRatio,
      double path) {
    this.side = side;
    dimension = attention.dimension();
    window = Math.min(side, largestWindow);
    padded = (side + window - 1) / window * window;
    shift = shifted && side > largestWindow ? largestWindow / 2 : 0;
    norm1 = submodule("norm1", new LayerNorm(dimension, 1e-5));
    this.attention =
        submodule(
            "attn",
            new WindowAttention(
                attention,
                new WindowBias(
                    attention.heads(),
                    new Size2d(window, window),
                    shift == 0 ? Optional.empty() : Optional.of(mask()))));
    dropPath1 = submodule("drop_path1", new DropPath(path));
    norm2 = submodule("norm2", new LayerNorm(dimension, 1e-5));
    mlp =
        submodule(
            "mlp",
            new Mlp(dimension, (long) (dimension * mlpRatio), attention.projectionDropout()));
    dropPath2 = submodule("drop_path2", new DropPath(path));
  }

  /** Keeps pixels apart that only the shift has put into one window. */
  private Tensor mask() {
    int windows = Math.toIntExact(padded / window);
    int tokens = Math.toIntExact(window * window);
    float[] values = new float[windows * windows * tokens * tokens];
    int next = 0;
    for (int w = 0; w < windows * windows; w++) {
      for (int i = 0; i < tokens; i++) {
        for (int j = 0; j < tokens; j++) {
          values[next++] = region(w, i, windows) == region(w, j, windows) ? 0 : APART;
        }
      }
    }
    Tensor mask =
        torch.empty(
            new long[] {(long) windows * windows, tokens, tokens},
            new TensorOptions(ScalarType.Float),
            new MemoryFormatOptional());
    mask.data_ptr_float().put(values);
    return mask;
  }

  /** Which of the nine parts of the image a token came from before the shift. */
  private long region(long inImage, long inWindow, long windows) {
    long row = inImage / windows * window + inWindow / window;
    long column = inImage % windows * window + inWindow % window;
    return 3 * part(row) + part(column);
  }

  private long part(long position) {
    return position < padded - window ? 0 : position < padded - shift ? 1 : 2;
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4
        || input.size(1) != side
        || input.size(2) != side
        || input.size(3) != dimension) {
      throw new ShapeException(this, "[n, " + side + ", " + side + ", " + dimension + "]", input);
    }
    Tensor x = before.of(input);
    Tensor windows = partition(norm1.forward(x));
    x = middle.of(x.add(dropPath1.forward(join(attention.forward(windows), x.size(0)))));
    return after.of(x.add(dropPath2.forward(mlp.forward(norm2.forward(x)))));
  }

  private Tensor partition(Tensor image) {
    Tensor x = image;
    if (shift > 0) {
      x = torch.roll(x, new long[] {-shift, -shift}, 1, 2);
    }
    if (padded > side) {
      x = torch.constant_pad_nd(x, 0, 0, 0, padded - side, 0, padded - side);
    }
    long windows = padded / window;
    return x.view(x.size(0), windows, window, windows, window, dimension)
        .permute(0, 1, 3, 2, 4, 5)
        .reshape(-1, window * window, dimension);
  }

  private Tensor join(Tensor tokens, long images) {
    long windows = padded / window;
    Tensor x =
        tokens
            .view(images, windows, windows, window, window, dimension)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(images, padded, padded, dimension);
    if (padded > side) {
      x = x.narrow(1, 0, side).narrow(2, 0, side);
    }
    return shift > 0 ? torch.roll(x, new long[] {shift, shift}, 1, 2) : x;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = norm1.export(graph, input);
    x = graph.roll(graph.roll(x, 1, -shift), 2, -shift);
    x = graph.pad(graph.pad(x, 1, 0, padded - side), 2, 0, padded - side);
    long windows = padded / window;
    x = graph.reshape(x, GraphValue.DYNAMIC, windows, window, windows, window, dimension);
    x = graph.permute(x, 0, 1, 3, 2, 4, 5);
    x = graph.reshape(x, GraphValue.DYNAMIC, window * window, dimension);
    x = attention.export(graph, x);
    x = graph.reshape(x, GraphValue.DYNAMIC, windows, windows, window, window, dimension);
    x = graph.permute(x, 0, 1, 3, 2, 4, 5);
    x = graph.reshape(x, GraphValue.DYNAMIC, padded, padded, dimension);
    x = graph.slice(graph.slice(x, 1, 0, side, 1), 2, 0, side, 1);
    x = graph.roll(graph.roll(x, 1, shift), 2, shift);
    x = graph.add(input, dropPath1.export(graph, x));
    GraphValue branch = mlp.export(graph, norm2.export(graph, x));
    return graph.add(x, dropPath2.export(graph, branch));
  }

  @Override
  public String toString() {
    return "SwinBlock(" + side + "x" + side + ", " + dimension + ", shift " + shift + ")";
  }
}
