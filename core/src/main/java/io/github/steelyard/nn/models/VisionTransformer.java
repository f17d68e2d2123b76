package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.ForeignState;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.PatchEmbed;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Vision transformer that classifies by its class token (Dosovitskiy et al., An Image is Worth
 * 16x16 Words, ICLR 2021), with timm's names and state dict. Weights as timm's: linear layers and
 * position embedding normal with deviation 0.02, class token 1e-6, patch embedding PyTorch's
 * default. Input [n, channels, image size, image size], output [n, classes].
 *
 * <p>Taps: {@code embedded} (tokens with their positions), {@code normalized} (after the last
 * norm), {@code pooled} (the head's input); for block {@code i}: {@code blocks.i.residual_pre},
 * {@code .residual_mid}, {@code .residual_post}, {@code blocks.i.attn.probabilities}, {@code
 * .heads}, {@code .output} and {@code blocks.i.mlp.hidden}.
 */
public final class VisionTransformer extends Module implements Exportable {
  private final Parameter classToken;
  private final Parameter positions;
  private final Submodule patchEmbed;
  private final Submodule positionDropout;
  private final Submodule blocks;
  private final Submodule norm;
  private final Submodule headDropout;
  private final Submodule head;
  private final Tap embedded = tap("embedded");
  private final Tap normalized = tap("normalized");
  private final Tap pooled = tap("pooled");

  /**
   * A transformer with random weights.
   *
   * @param configuration sizes and dropout
   */
  public VisionTransformer(VisionTransformerConfiguration configuration) {
    long dimension = configuration.dimension();
    PatchEmbed patches = patchEmbed(configuration);
    classToken = parameter("cls_token", Initialization.empty(1, 1, dimension)).spareDecay();
    positions =
        parameter("pos_embed", Initialization.empty(1, patches.patches() + 1, dimension))
            .spareDecay();
    patchEmbed = submodule("patch_embed", patches);
    positionDropout = submodule("pos_drop", new Dropout(configuration.dropout().position()));
    blocks = submodule("blocks", TransformerBlock.stack(configuration));
    norm = submodule("norm", new LayerNorm(dimension, 1e-6));
    headDropout = submodule("head_drop", new Dropout(configuration.dropout().head()));
    head = submodule("head", new Linear(dimension, configuration.classes()));
    Initialization.normal(classToken.tensor(), 1e-6);
    Initialization.truncatedNormal(positions.tensor(), 0.02);
    initializeLinear(this);
  }

  static PatchEmbed patchEmbed(VisionTransformerConfiguration configuration) {
    return new PatchEmbed(
        configuration.imageSize(),
        configuration.patchSize(),
        configuration.inputChannels(),
        configuration.dimension());
  }

  static void initializeLinear(Module model) {
    for (Module module : model.namedModules().values()) {
      if (module instanceof Linear linear) {
        Initialization.truncatedNormal(linear.weight().tensor(), 0.02);
        linear.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      }
    }
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = patchEmbed.forward(input);
    Tensor first = classToken.value().expand(x.size(0), -1, -1);
    x = torch.cat(new TensorVector(first, x), 1).add(positions.value());
    x = embedded.of(positionDropout.forward(x));
    x = normalized.of(norm.forward(blocks.forward(x)));
    return head.forward(headDropout.forward(pooled.of(x.select(1, 0))));
  }

  @Override
  protected void adaptState(String path, ForeignState state) {
    adapt(path, state, 1, patchEmbed.get(PatchEmbed.class));
  }

  /** Reads torchvision's names, and embeddings of another image size. */
  static void adapt(String path, ForeignState state, long prefixTokens, PatchEmbed patches) {
    String own = path.isEmpty() ? "" : path + ".";
    TorchvisionNames.ofVisionTransformer(own, state);
    state.drop(
        name -> name.startsWith(own + "pre_logits."),
        "left out a layer before the head, which newer weights do not have");
    state.resizePositions(
        own + "pos_embed", prefixTokens, Math.round(Math.sqrt((double) patches.patches())));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = patchEmbed.export(graph, input);
    GraphValue first = graph.expandToBatch(classToken.export(graph, "cls_token"), x);
    x = graph.add(graph.cat(1, List.of(first, x)), positions.export(graph, "pos_embed"));
    x = norm.export(graph, blocks.export(graph, positionDropout.export(graph, x)));
    return head.export(graph, headDropout.export(graph, graph.select(x, 1, 0)));
  }
}
