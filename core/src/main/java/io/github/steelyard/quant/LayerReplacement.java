package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Makes the quantized layer that takes the place of a layer. */
final class LayerReplacement {
  private final QuantizationConfiguration configuration;
  private final List<String> edges;

  LayerReplacement(QuantizationConfiguration configuration, List<String> edges) {
    this.configuration = configuration;
    this.edges = edges;
  }

  /** Refuses what cannot be replaced, before anything is. */
  void check(String path, Module layer) {
    if (!AttentionParts.isAttention(layer) || !configuration.queryKeyReparameterization()) {
      return;
    }
    AttentionParts attention = AttentionParts.of(layer);
    if (attention.configuration().qkNorm()) {
      throw new IllegalArgumentException(
          "'"
              + path
              + "' normalizes queries and keys, so their weights have no product; use"
              + " withQueryKeyReparameterization(false)");
    }
    if (!attention.linear("qkv").weight().parametrizations().isEmpty()) {
      throw new IllegalArgumentException(
          "'"
              + path
              + ".qkv' has a parametrized weight, which query-key reparameterization cannot split;"
              + " materialize it first, or use withQueryKeyReparameterization(false)");
    }
  }

  Module of(String path, Module layer, Map<String, LayerBits> bits, boolean unsignedInput) {
    if (AttentionParts.isAttention(layer)) {
      AttentionParts attention = AttentionParts.of(layer);
      String base = path.isEmpty() ? "" : path + ".";
      LayerBits inside = bits.get(base + "qkv");
      Map<String, Module> parts = attention.children();
      LayerBits projection = bits.get(base + "proj");
      if (!projection.isFloat()) {
        parts.put(
            "proj", linear(base + "proj", attention.linear("proj"), projection, Signedness.SIGNED));
      }
      return configuration.queryKeyReparameterization()
          ? reparameterized(attention, parts, inside)
          : quantized(attention, parts, base, inside);
    }
    Signedness signedness = unsignedInput ? Signedness.UNSIGNED : Signedness.FROM_DATA;
    if (layer instanceof Linear linear) {
      return linear(path, linear, bits.get(path), signedness);
    }
    Conv2d convolution = (Conv2d) layer;
    LayerBits own = bits.get(path);
    return new QuantizedConv2d(
        convolution,
        input(
            own,
            Slice.IMAGE_CHANNEL,
            Signedness.FROM_DATA,
            convolution.configuration().inChannels()),
        quantizer(path, own, convolution.weight()));
  }

  private QuantizedAttention quantized(
      AttentionParts attention, Map<String, Module> parts, String base, LayerBits bits) {
    parts.put("qkv", linear(base + "qkv", attention.linear("qkv"), bits, Signedness.SIGNED));
    return new QuantizedAttention(attention, activationBits(bits));
  }

  private QueryKeyAttention reparameterized(
      AttentionParts attention, Map<String, Module> parts, LayerBits bits) {
    Linear qkv = attention.linear("qkv");
    long dimension = attention.configuration().dimension();
    Tensor weight = qkv.weight().tensor().detach();
    parts.put(
        "product",
        new QueryKeyProduct(
            weight.narrow(0, 0, dimension).clone(),
            weight.narrow(0, dimension, dimension).clone(),
            attention.configuration().heads(),
            Quantizers.create(configuration.method(), bits.weights())));
    Linear value = new Linear(dimension, dimension, qkv.bias().isPresent());
    value.weight().assign(weight.narrow(0, 2 * dimension, dimension));
    qkv.bias()
        .ifPresent(
            bias ->
                value
                    .bias()
                    .orElseThrow()
                    .assign(bias.tensor().detach().narrow(0, 2 * dimension, dimension)));
    parts.put(
        "v",
        new QuantizedLinear(
            value, Optional.empty(), Quantizers.create(configuration.method(), bits.weights())));
    return new QueryKeyAttention(attention, activationBits(bits));
  }

  private QuantizedLinear linear(
      String path, Linear linear, LayerBits bits, Signedness signedness) {
    return new QuantizedLinear(
        linear,
        input(bits, Slice.INPUT, signedness, linear.inFeatures()),
        quantizer(path, bits, linear.weight()));
  }

  private WeightQuantizer quantizer(String path, LayerBits bits, Parameter weight) {
    WeightQuantizer quantizer =
        Quantizers.create(edges.contains(path) ? Lsq.NAME : configuration.method(), bits.weights());
    if (!quantizer.keepsZeros()
        && weight.parametrizations().stream().anyMatch(Parametrization::holdsZeros)) {
      throw new IllegalArgumentException(
          "the weight of '"
              + path
              + "' is pruned, but "
              + quantizer
              + " has no level at zero, so that the pruned weights would come back; use the method"
              + " lsq with at least 2 bits, or give the zeros up: materialize the weight first"
              + " (Parameter.materialize)");
    }
    return quantizer;
  }

  private static Optional<ActivationQuantizerConfiguration> input(
      LayerBits bits, Slice slice, Signedness signedness, long channels) {
    return activationBits(bits)
        .map(b -> ActivationQuantizerConfiguration.of(b, slice, signedness, channels));
  }

  private static Optional<Integer> activationBits(LayerBits bits) {
    return bits.activations() == LayerBits.FLOAT
        ? Optional.empty()
        : Optional.of(bits.activations());
  }
}
