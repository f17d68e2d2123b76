package io.github.steelyard.quant;

import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

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

  /**
   * From products of queries and keys, and values [n, tokens, dimension], to the output.
   *
   * @param rows [n, heads, tokens, 1], what all products of a query have beside
   */
  Tensor forward(Tensor products, Optional<Tensor> rows, Tensor values) {
    Tensor weights = probabilities.of(inHeads.probabilities(products, rows));
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

  /** Whether values and probabilities are integers that can be multiplied. */
  boolean isInteger() {
    return IntegerInput.quantizer(valueQuantizer.get()).isPresent()
        && IntegerInput.quantizer(probabilityQuantizer.get()).isPresent()
        && attentionDropout.get() instanceof Dropout;
  }

  /** The same from logits and a product of integers that gives the values, of this shape. */
  GraphValue exportIntegers(
      GraphBuilder graph, GraphValue logits, IntegerProduct values, long[] shape) {
    ActivationQuantizer of = IntegerInput.quantizer(valueQuantizer.get()).orElseThrow();
    ActivationQuantizer weighing = IntegerInput.quantizer(probabilityQuantizer.get()).orElseThrow();
    IntegerInput value = IntegerInput.of(graph, of, values, shape, Factor.RIGHT);
    GraphValue biased = inHeads.biased(graph, logits);
    IntegerInput weights =
        IntegerInput.of(graph, weighing, graph.softmax(biased, -1), Factor.LEFT_NOT_NEGATIVE);
    GraphIntegers columns = value.levels().with(inHeads.split(graph, value.levels().stored()));
    long heads = inHeads.configuration().heads();
    Tensor scale = value.scale().reshape(heads, 1, -1);
    GraphValue sums =
        graph.integerMatmul(
            weights.levels(),
            columns,
            Optional.of(
                graph.expandToBatch(
                    graph.constant("value_quantizer.scale", scale.unsqueeze(0)),
                    columns.stored())));
    if (value.shiftAfter().isPresent()) {
      // Quantized probabilities do not add up to 1.
      Tensor ones = torch.ones(shape[1], 1).to(ScalarType.Char);
      GraphValue total =
          graph.integerMatmul(weights.levels(), graph.integers("ones", ones), Optional.empty());
      Tensor after = value.shiftAfter().get().reshape(heads, 1, -1);
      GraphValue shift = graph.constant("value_quantizer.shift_after", after);
      sums = graph.add(sums, graph.mul(total, shift));
    }
    GraphValue joined = graph.reshape(graph.permute(sums, 0, 2, 1, 3), shape);
    IntegerProduct attended =
        new IntegerProduct(divisor -> joined, Optional.of(weights.scale()), Optional.empty());
    GraphValue projected =
        projection.get() instanceof QuantizedLinear linear
                && linear.integerQuantizer(graph).isPresent()
            ? graph.within("proj", () -> linear.export(graph, attended, shape))
            : projection.export(graph, attended.value(graph));
    return projectionDropout.export(graph, projected);
  }
}
