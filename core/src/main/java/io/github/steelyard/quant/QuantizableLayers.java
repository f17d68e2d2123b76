package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.DistilledClassifier;
import io.github.steelyard.nn.LayerPattern;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Which layers of a model are quantized, and to how many bits. */
final class QuantizableLayers {
  private QuantizableLayers() {}

  /** The layers to replace, by path; layers inside an attention belong to it. */
  static Map<String, Module> of(Module model) {
    Map<String, Module> found = new LinkedHashMap<>();
    String inside = null;
    for (Map.Entry<String, Module> entry : model.namedModules().entrySet()) {
      String path = entry.getKey();
      Module module = entry.getValue();
      if (module instanceof QuantizedLayer) {
        throw new IllegalArgumentException(
            "the model is quantized already: '" + path + "' is a " + module);
      }
      if (inside != null && path.startsWith(inside)) {
        continue;
      }
      if (AttentionParts.isAttention(module)) {
        inside = path.isEmpty() ? "" : path + ".";
        found.put(path, module);
      } else if (module instanceof Linear || module instanceof Conv2d) {
        found.put(path, module);
      }
    }
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          model + " has no Linear, Conv2d or Attention that could be quantized");
    }
    return found;
  }

  /** The bits of each layer and, for an attention, of those inside it. */
  static Map<String, LayerBits> bits(
      QuantizationConfiguration configuration, Module model, Map<String, Module> layers) {
    Map<String, LayerBits> bits = new LinkedHashMap<>();
    Map<String, Module> all = model.namedModules();
    List<String> edges = edges(model, layers);
    all.forEach(
        (path, module) -> {
          if (module instanceof Linear || module instanceof Conv2d) {
            bits.put(path, edges.contains(path) ? configuration.edges() : configuration.bits());
          }
        });
    for (LayerRule rule : configuration.rules()) {
      new LayerPattern(rule.layers())
          .choose(bits.keySet())
          .forEach(path -> bits.put(path, rule.bits()));
    }
    return bits;
  }

  /** The first layer and the classifier. */
  static List<String> edges(Module model, Map<String, Module> layers) {
    List<String> paths =
        layers.entrySet().stream()
            .filter(entry -> !AttentionParts.isAttention(entry.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    int heads = model instanceof DistilledClassifier ? 2 : 1;
    if (paths.size() <= heads) {
      return List.of();
    }
    return Stream.concat(paths.stream().limit(1), paths.stream().skip(paths.size() - heads))
        .toList();
  }

  /** The layer whose bits decide: an attention goes by its queries, keys and values. */
  static String weightPath(String path, Module layer) {
    if (!AttentionParts.isAttention(layer)) {
      return path;
    }
    return path.isEmpty() ? "qkv" : path + ".qkv";
  }

  static boolean isSecondOfMlp(Module model, String path) {
    int dot = path.lastIndexOf('.');
    return path.substring(dot + 1).equals("fc2")
        && model.getSubmodule(dot < 0 ? "" : path.substring(0, dot)) instanceof Mlp;
  }

  /** The layers that are quantized. */
  static Map<String, Module> chosen(Map<String, Module> layers, Map<String, LayerBits> bits) {
    Map<String, Module> chosen = new LinkedHashMap<>(layers);
    chosen.keySet().removeIf(path -> bits.get(weightPath(path, layers.get(path))).isFloat());
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "the configuration leaves every layer in floating point; give some of them 1 to 8 bits");
    }
    layers.forEach(
        (path, layer) -> {
          String inside = path.isEmpty() ? "proj" : path + ".proj";
          if (!chosen.containsKey(path)
              && AttentionParts.isAttention(layer)
              && !bits.get(inside).isFloat()) {
            throw new IllegalArgumentException(
                "'"
                    + inside
                    + "' cannot be quantized while '"
                    + weightPath(path, layer)
                    + "' is in floating point; give both bits, or leave both");
          }
        });
    return chosen;
  }
}
