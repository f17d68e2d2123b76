package io.github.steelyard.nn.models;

import io.github.steelyard.nn.ForeignState;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * Vision transformer whose attention stays inside windows, which are shifted in every second block
 * (Liu et al., Swin Transformer, ICCV 2021), with timm's names and state dict. Weights as timm's:
 * linear layers and relative position biases normal with deviation 0.02. Input [n, channels, image
 * size, image size], output [n, classes].
 *
 * <p>Taps: {@code embedded}, {@code normalized} (after the last norm), {@code head.pooled}; for
 * block {@code j} of stage {@code i}: {@code layers.i.blocks.j.residual_pre}, {@code
 * .residual_mid}, {@code .residual_post}, {@code .attn.probabilities}, {@code .attn.heads}, {@code
 * .attn.output} and {@code .mlp.hidden}.
 */
public final class SwinTransformer extends Module implements Exportable {
  private final Submodule patchEmbed;
  private final Submodule layers;
  private final Submodule norm;
  private final Submodule head;
  private final Tap embedded = tap("embedded");
  private final Tap normalized = tap("normalized");

  /**
   * A transformer with random weights.
   *
   * @param configuration sizes and dropout
   */
  public SwinTransformer(SwinTransformerConfiguration configuration) {
    SwinPatchEmbed patches = new SwinPatchEmbed(configuration);
    patchEmbed = submodule("patch_embed", patches);
    Module[] stages = new Module[configuration.depths().size()];
    int blocks = configuration.depths().stream().mapToInt(Integer::intValue).sum();
    int done = 0;
    long side = patches.side();
    long dimension = configuration.dimension();
    for (int i = 0; i < stages.length; i++) {
      Module downsample = i == 0 ? new Identity() : new PatchMerging(dimension);
      if (i > 0) {
        side = (side + 1) / 2;
        dimension *= 2;
      }
      Module[] stage = new Module[configuration.depths().get(i)];
      for (int j = 0; j < stage.length; j++) {
        stage[j] =
            new SwinBlock(
                side,
                configuration.attention(i),
                configuration.window(),
                j % 2 == 1,
                configuration.mlpRatio(),
                configuration.dropout().path(done, blocks));
        done++;
      }
      stages[i] = new DownsampledStage(downsample, new Sequential(stage));
    }
    layers = submodule("layers", new Sequential(stages));
    norm = submodule("norm", new LayerNorm(dimension, 1e-5));
    head =
        submodule(
            "head",
            new SwinHead(dimension, configuration.classes(), configuration.dropout().head()));
    VisionTransformer.initializeLinear(this);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = embedded.of(patchEmbed.forward(input));
    return head.forward(normalized.of(norm.forward(layers.forward(x))));
  }

  /** Reads the names of torchvision, and those of the authors' code, which older files have. */
  @Override
  protected void adaptState(String path, ForeignState state) {
    String own = path.isEmpty() ? "" : path + ".";
    TorchvisionNames.ofSwinTransformer(own, state);
    state.drop(
        name -> name.endsWith(".relative_position_index") || name.endsWith(".attn_mask"),
        "left out, as they are computed");
    if (state.get(own + "layers.0.downsample.reduction.weight").isPresent()) {
      Pattern downsample =
          Pattern.compile(Pattern.quote(own) + "layers\\.(\\d+)\\.downsample\\.(.+)");
      state.rename(
          name -> {
            Matcher found = downsample.matcher(name);
            return found.matches()
                ? own
                    + "layers."
                    + (Integer.parseInt(found.group(1)) + 1)
                    + ".downsample."
                    + found.group(2)
                : name;
          },
          "read as the beginning of the next stage");
    }
    if (state.get(own + "head.weight").isPresent()) {
      state.rename(
          name -> name.replaceFirst("^" + Pattern.quote(own + "head."), own + "head.fc."),
          "read under timm's names");
    }
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = layers.export(graph, patchEmbed.export(graph, input));
    return head.export(graph, norm.export(graph, x));
  }
}
