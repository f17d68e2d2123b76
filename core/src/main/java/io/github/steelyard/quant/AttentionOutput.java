package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** What quantized attentions do alike once queries have met keys, with the parts for it. */
final class AttentionOutput {
  private final AttentionHeads inHeads;
  private final Submodule valueQuantizer;
  private final Submodule probabilityQuantizer;
  private final Submodule attentionDropout;
  private final Submodule projection;
  private final Submodule projectionDropout;
  private final Tap probabilities;
  private final Tap heads;
  private final Tap output;

  /** Registers its parts with the attention's own {@code submodule} and {@code tap}. */
  AttentionOutput(
      AttentionParts attention,
      AttentionHeads inHeads,
      Optional<Integer> activationBits,
      BiFunction<String, Module, Submodule> submodule,
      Function<String, Tap> tap) {
    this.inHeads = inHeads;
    long dimension = attention.configuration().dimension();
    valueQuantizer =
        submodule.apply(
            "value_quantizer",
            AttentionQuantizers.of(activationBits, Slice.CHANNEL, Signedness.SIGNED, dimension));
    probabilityQuantizer =
        submodule.apply(
            "probability_quantizer",
            AttentionQuantizers.of(activationBits, Slice.TOKEN, Signedness.UNSIGNED, 0));
    attentionDropout = submodule.apply("attn_drop", attention.children().get("attn_drop"));
    projection = submodule.apply("proj", attention.children().get("proj"));
    projectionDropout = submodule.apply("proj_drop", attention.children().get("proj_drop"));
    probabilities = tap.apply("probabilities");
    heads = tap.apply("heads");
    output = tap.apply("output");
  }

  /** From products of queries and keys, and values [n, tokens, dimension], to the output. */
  Tensor forward(Tensor products, Tensor values) {
    Tensor weights = probabilities.of(inHeads.probabilities(products));
    Tensor attended =
        attentionDropout
            .forward(probabilityQuantizer.forward(weights))
            .matmul(inHeads.split(valueQuantizer.forward(values)));
    Tensor joined = attended.transpose(1, 2).reshape(values.shape());
    return output.of(projectionDropout.forward(projection.forward(heads.of(joined))));
  }

  GraphValue export(GraphBuilder graph, GraphValue products, GraphValue values) {
    GraphValue weights = probabilityQuantizer.export(graph, inHeads.probabilities(graph, products));
    GraphValue attended =
        graph.matmul(
            attentionDropout.export(graph, weights),
            inHeads.split(graph, valueQuantizer.export(graph, values)));
    GraphValue joined = graph.reshape(graph.permute(attended, 0, 2, 1, 3), values.shape());
    return projectionDropout.export(graph, projection.export(graph, joined));
  }
}
