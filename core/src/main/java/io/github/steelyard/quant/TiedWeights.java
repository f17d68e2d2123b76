package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Layers that share one weight share its quantizer, so it must be the same for all of them. */
final class TiedWeights {
  private final QuantizationConfiguration configuration;
  private final List<String> edges;

  TiedWeights(QuantizationConfiguration configuration, List<String> edges) {
    this.configuration = configuration;
    this.edges = edges;
  }

  /** How one layer would quantize its weight. */
  private record Use(String path, int bits, String method, boolean product) {
    boolean fits(Use other) {
      return bits == other.bits && method.equals(other.method) && !product && !other.product;
    }
  }

  /** Refuses weights that their layers would quantize differently. */
  void check(Module model, Map<String, Module> chosen, Map<String, LayerBits> bits) {
    Map<Parameter, Use> uses = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              Parameter weight = weight(module);
              if (weight != null) {
                Use use = use(path, chosen, bits.get(path));
                Use other = uses.putIfAbsent(weight, use);
                if (other != null && !use.fits(other)) {
                  throw new IllegalArgumentException(message(other, use));
                }
              }
            });
  }

  private static Parameter weight(Module module) {
    if (module instanceof Linear linear) {
      return linear.weight();
    }
    return module instanceof Conv2d convolution ? convolution.weight() : null;
  }

  private Use use(String path, Map<String, Module> chosen, LayerBits bits) {
    if (bits.isFloat()) {
      return new Use(path, bits.weights(), "", false);
    }
    boolean product =
        configuration.queryKeyReparameterization()
            && chosen.entrySet().stream()
                .anyMatch(
                    entry ->
                        AttentionParts.isAttention(entry.getValue())
                            && QuantizableLayers.weightPath(entry.getKey(), entry.getValue())
                                .equals(path));
    String method = edges.contains(path) ? Lsq.NAME : configuration.method();
    return new Use(path, bits.weights(), method, product);
  }

  private static String message(Use one, Use two) {
    String tied = "'" + one.path + "' and '" + two.path + "' share one weight";
    if (one.product || two.product) {
      return tied
          + ", which query-key reparameterization would split; use"
          + " withQueryKeyReparameterization(false)";
    }
    return tied
        + ", but would quantize it differently: "
        + one.bits
        + " bits, "
        + one.method
        + " and "
        + two.bits
        + " bits, "
        + two.method
        + "; give both the same with withLayers and withEdges";
  }
}
