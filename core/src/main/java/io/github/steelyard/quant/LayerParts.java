package io.github.steelyard.quant;

import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a quantized layer is made of, before and after it is converted.
 *
 * @param input quantizes the input, or is an {@link Identity}
 * @param latent the weight with its quantizer; empty once converted
 * @param packed the weight as integers; empty before
 * @param bias the bias, which is not quantized
 */
record LayerParts(
    Module input,
    Optional<Parameter> latent,
    Optional<PackedWeight> packed,
    Optional<Parameter> bias) {

  /** Takes over a layer's weight and bias. A tied weight may have its quantizer already. */
  static LayerParts of(
      Optional<ActivationQuantizerConfiguration> input,
      Parameter weight,
      WeightQuantizer quantizer,
      Optional<Parameter> bias) {
    boolean tied =
        weight.parametrizations().stream().anyMatch(map -> map instanceof WeightQuantizer);
    if (!tied) {
      weight.parametrize(quantizer);
    }
    return new LayerParts(
        input.<Module>map(ActivationQuantizer::new).orElseGet(Identity::new),
        Optional.of(weight),
        Optional.empty(),
        bias);
  }

  /** The same with integers in the place of the latent weight. */
  LayerParts converted(Module inputNow) {
    QuantizedTensor weight = quantizedWeight().orElseThrow().quantize();
    return new LayerParts(inputNow, Optional.empty(), Optional.of(new PackedWeight(weight)), bias);
  }

  Optional<QuantizedWeight> quantizedWeight() {
    return latent.map(QuantizedWeight::of);
  }

  /** The weight that the layer computes with. */
  Tensor weight() {
    return packed.isPresent() ? packed.get().value() : latent.orElseThrow().value();
  }

  /** The weight as integers, before and after it is converted. */
  QuantizedTensor integers() {
    return packed.isPresent() ? packed.get().unpack() : quantizedWeight().orElseThrow().quantize();
  }

  GraphValue exportWeight(GraphBuilder graph) {
    return packed.isPresent()
        ? packed.get().unpack().export(graph, "weight")
        : latent.orElseThrow().export(graph, "weight");
  }

  Optional<GraphValue> exportBias(GraphBuilder graph) {
    return bias.map(b -> b.export(graph, "bias"));
  }
}
