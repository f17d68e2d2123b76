package io.github.steelyard.nn;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What attention inside windows adds to its logits (Liu et al., Swin Transformer, ICCV 2021): a
 * learned bias for each head and relative position, and, where windows are shifted around the
 * image's border, -100 between pixels that are no neighbours. Its parts have timm's names in the
 * module that uses it ({@link #registerIn}): {@code relative_position_bias_table}, {@code
 * relative_position_index} and {@code attn_mask}; only the first is saved.
 */
public final class WindowBias {
  private final long heads;
  private final Size2d window;
  private final Parameter table;
  private final Buffer index;
  private final Optional<Buffer> mask;

  /**
   * A bias with a random table.
   *
   * @param heads number of heads, at least 1
   * @param window height and width of a window in tokens, each at least 1
   * @param mask 0 or -100 for each window of an image and pair of tokens, [windows, tokens,
   *     tokens]; empty where windows are not shifted
   * @throws IllegalArgumentException if a size is below 1, or the mask is of another shape
   */
  public WindowBias(long heads, Size2d window, Optional<Tensor> mask) {
    this.heads = Checks.atLeast(1, heads, "WindowBias", "heads");
    this.window = window;
    window.requireAtLeast(1, "WindowBias", "window");
    long height = window.height();
    long width = window.width();
    mask.ifPresent(this::requireShape);
    table =
        new Parameter(Initialization.empty((2 * height - 1) * (2 * width - 1), heads)).spareDecay();
    Initialization.truncatedNormal(table.tensor(), 0.02);
    index = new Buffer(relativePositions(height, width), false);
    this.mask = mask.map(values -> new Buffer(values, false));
  }

  private void requireShape(Tensor values) {
    if (values.dim() != 3 || values.size(1) != tokens() || values.size(2) != tokens()) {
      throw new IllegalArgumentException(
          "WindowBias: mask must be of shape [windows, "
              + tokens()
              + ", "
              + tokens()
              + "], but is "
              + Arrays.toString(values.shape()));
    }
  }

  /**
   * For each pair of tokens the row of the table: how far apart they are, down and to the right.
   */
  private static Tensor relativePositions(long height, long width) {
    int tokens = Math.toIntExact(height * width);
    long[] rows = new long[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        long down = i / width - j / width + height - 1;
        long right = i % width - j % width + width - 1;
        rows[i * tokens + j] = down * (2 * width - 1) + right;
      }
    }
    Tensor index =
        torch.empty(
            new long[] {rows.length},
            new TensorOptions(ScalarType.Long),
            new MemoryFormatOptional());
    index.data_ptr_long().put(rows);
    return index;
  }

  /**
   * Makes its parts those of the attention that uses it, under timm's names.
   *
   * @param attention the module that owns them from then on
   * @throws IllegalArgumentException if one of the names is taken
   */
  public void registerIn(Module attention) {
    attention.parameter("relative_position_bias_table", table);
    attention.buffer("relative_position_index", index);
    mask.ifPresent(values -> attention.buffer("attn_mask", values));
  }

  /** Resizes the table of another window, and leaves out what is computed. */
  void adaptState(String attention, ForeignState state) {
    state.resizeWindowBias(ModuleTree.join(attention, "relative_position_bias_table"), window);
  }

  /**
   * Checks that the input of an attention consists of such windows.
   *
   * @param attention the attention that was given the input, for the message
   * @param input should be [batch, tokens, dimension]
   * @param dimension size of a token
   * @throws ShapeException if it is of another shape
   */
  public void requireWindows(Module attention, Tensor input, long dimension) {
    if (input.dim() != 3
        || input.size(0) % windows() != 0
        || input.size(1) != tokens()
        || input.size(2) != dimension) {
      throw new ShapeException(
          attention,
          "[a multiple of " + windows() + ", " + tokens() + ", " + dimension + "]",
          input);
    }
  }

  /**
   * The bias of each head between each two tokens of a window.
   *
   * @return [heads, tokens, tokens]
   */
  public Tensor value() {
    long tokens = tokens();
    return torch
        .index_select(table.value(), 0, index.tensor())
        .view(tokens, tokens, heads)
        .permute(2, 0, 1)
        .contiguous();
  }

  /**
   * Everything that is added, for one batch of windows.
   *
   * @param batch the number of windows of all images together, a multiple of the windows of one
   * @return [1 or batch, heads, tokens, tokens]
   */
  public Tensor added(long batch) {
    Tensor bias = value().unsqueeze(0);
    if (mask.isEmpty()) {
      return bias;
    }
    long tokens = tokens();
    return bias.add(mask.get().tensor().unsqueeze(1))
        .unsqueeze(0)
        .expand(batch / windows(), -1, -1, -1, -1)
        .reshape(batch, heads, tokens, tokens);
  }

  /**
   * Adds it to the logits of windows.
   *
   * @param logits [batch, heads, tokens, tokens]
   * @return the same shape
   */
  public Tensor addTo(Tensor logits) {
    if (mask.isEmpty()) {
      return logits.add(value());
    }
    long tokens = tokens();
    return logits
        .view(-1, windows(), heads, tokens, tokens)
        .add(value().unsqueeze(0).add(mask.get().tensor().unsqueeze(1)))
        .view(logits.shape());
  }

  /**
   * Adds it in a graph under construction.
   *
   * @param graph where to
   * @param logits [batch, heads, tokens, tokens]
   * @return the same shape
   */
  public GraphValue addTo(GraphBuilder graph, GraphValue logits) {
    GraphValue bias =
        graph.constant("relative_position_bias", Scope.computeWithoutGradient(this::value));
    if (mask.isEmpty()) {
      return graph.add(logits, bias);
    }
    long tokens = tokens();
    GraphValue images = graph.reshape(logits, GraphValue.DYNAMIC, windows(), heads, tokens, tokens);
    GraphValue sum = graph.add(images, graph.add(bias, mask(graph)));
    return graph.reshape(sum, GraphValue.DYNAMIC, heads, tokens, tokens);
  }

  /**
   * The mask [windows, 1, tokens, tokens]. The mask of shifted windows follows from the first token
   * that each token sees, which takes as many times less space as there are tokens.
   */
  private GraphValue mask(GraphBuilder graph) {
    Tensor values = mask.orElseThrow().tensor().unsqueeze(1);
    Scalar blocked = new Scalar(values.min().item_double());
    Tensor first =
        torch
            .arange(new Scalar(tokens()))
            .to(ScalarType.Float)
            .masked_fill(values.ne(new Scalar(0.0)), new Scalar((double) tokens()))
            .amin(new long[] {3}, false);
    Tensor rows = first.unsqueeze(3);
    Tensor columns = first.unsqueeze(2);
    if (!torch.equal(rows.ne(columns).mul(blocked), values)) {
      return graph.constant("attn_mask", values);
    }
    GraphValue apart =
        graph.sign(
            graph.sub(
                graph.constant("attn_mask.rows", rows),
                graph.constant("attn_mask.columns", columns)));
    return graph.mul(graph.mul(apart, apart), graph.scalar(blocked.toDouble()));
  }

  /**
   * The number of heads.
   *
   * @return at least 1
   */
  public long heads() {
    return heads;
  }

  /**
   * The number of tokens in a window.
   *
   * @return height times width
   */
  public long tokens() {
    return window.height() * window.width();
  }

  /**
   * How many windows of one image differ.
   *
   * @return the windows of an image where they are shifted, else 1
   */
  public long windows() {
    return mask.map(values -> values.tensor().size(0)).orElse(1L);
  }
}
