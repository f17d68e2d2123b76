package io.github.steelyard.nn.models;

import io.github.steelyard.nn.DistilledClassifier;
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
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Vision transformer with a second token and head for distillation (Touvron et al., Training
 * data-efficient image transformers and distillation through attention, ICML 2021), with timm's
 * names and state dict. {@link #forward} gives the mean of both heads, in training too, as timm
 * does unless told otherwise; a distillation loss uses {@link #forwardHeads}. First weights, input
 * and output as in {@link VisionTransformer}.
 *
 * <p>Taps: those of {@link VisionTransformer}, with {@code pooled} [n, 2, dimension]: the class
 * token, then the distillation token.
 */
public final class DistilledVisionTransformer extends Module
    implements DistilledClassifier, Exportable {
  private final Parameter classToken;
  private final Parameter positions;
  private final Parameter distillationToken;
  private final Submodule patchEmbed;
  private final Submodule positionDropout;
  private final Submodule blocks;
  private final Submodule norm;
  private final Submodule headDropout;
  private final Submodule head;
  private final Submodule distillationHead;
  private final Tap embedded = tap("embedded");
  private final Tap normalized = tap("normalized");
  private final Tap pooled = tap("pooled");

  /**
   * A transformer with random weights.
   *
   * @param configuration sizes and dropout
   */
  public DistilledVisionTransformer(VisionTransformerConfiguration configuration) {
    long dimension = configuration.dimension();
    PatchEmbed patches = VisionTransformer.patchEmbed(configuration);
    classToken = parameter("cls_token", Initialization.empty(1, 1, dimension)).spareDecay();
    positions =
        parameter("pos_embed", Initialization.empty(1, patches.patches() + 2, dimension))
            .spareDecay();
    distillationToken = parameter("dist_token", Initialization.empty(1, 1, dimension)).spareDecay();
    patchEmbed = submodule("patch_embed", patches);
    positionDropout = submodule("pos_drop", new Dropout(configuration.dropout().position()));
    blocks = submodule("blocks", TransformerBlock.stack(configuration));
    norm = submodule("norm", new LayerNorm(dimension, 1e-6));
    headDropout = submodule("head_drop", new Dropout(configuration.dropout().head()));
    head = submodule("head", new Linear(dimension, configuration.classes()));
    distillationHead = submodule("head_dist", new Linear(dimension, configuration.classes()));
    Initialization.normal(classToken.tensor(), 1e-6);
    Initialization.truncatedNormal(positions.tensor(), 0.02);
    Initialization.truncatedNormal(distillationToken.tensor(), 0.02);
    VisionTransformer.initializeLinear(this);
  }

  @Override
  public Tensor forward(Tensor input) {
    HeadLogits heads = forwardHeads(input);
    return heads.classification().add(heads.distillation()).div(new Scalar(2.0));
  }

  @Override
  public List<String> classifierHeads() {
    return List.of("head", "head_dist");
  }

  @Override
  protected void adaptState(String path, ForeignState state) {
    VisionTransformer.adapt(path, state, 2, patchEmbed.get(PatchEmbed.class));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = patchEmbed.export(graph, input);
    GraphValue first = graph.expandToBatch(classToken.export(graph, "cls_token"), x);
    GraphValue second = graph.expandToBatch(distillationToken.export(graph, "dist_token"), x);
    x = graph.add(graph.cat(1, List.of(first, second, x)), positions.export(graph, "pos_embed"));
    x = norm.export(graph, blocks.export(graph, positionDropout.export(graph, x)));
    GraphValue classification =
        head.export(graph, headDropout.export(graph, graph.select(x, 1, 0)));
    GraphValue distillation =
        distillationHead.export(graph, headDropout.export(graph, graph.select(x, 1, 1)));
    return graph.div(graph.add(classification, distillation), graph.scalar(2));
  }

  @Override
  public HeadLogits forwardHeads(Tensor input) {
    Tensor x = patchEmbed.forward(input);
    Tensor first = classToken.value().expand(x.size(0), -1, -1);
    Tensor second = distillationToken.value().expand(x.size(0), -1, -1);
    x = torch.cat(new TensorVector(first, second, x), 1).add(positions.value());
    x = embedded.of(positionDropout.forward(x));
    x = normalized.of(norm.forward(blocks.forward(x)));
    x = pooled.of(x.narrow(1, 0, 2));
    return new HeadLogits(
        head.forward(headDropout.forward(x.select(1, 0))),
        distillationHead.forward(headDropout.forward(x.select(1, 1))));
  }
}
