package io.github.steelyard.nn;

import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights that act as matrices: the parameter {@code weight} of linear layers, convolutions and
 * their quantized forms, with two or more dimensions. Biases, normalizations and tables that are
 * looked up ({@link Embedding}) are none. A weight that layers share is listed once.
 */
public final class LayerWeights {
  private static final String WEIGHT = "weight";

  private LayerWeights() {}

  /**
   * All of them.
   *
   * @param model a model or a part of one
   * @return a new map in the model's order, by the layer's path, such as {@code blocks.0.mlp.fc1};
   *     empty text for the model itself
   */
  public static Map<String, Parameter> of(Module model) {
    Map<String, Parameter> found = new LinkedHashMap<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              Parameter weight = module.ownParameters().get(WEIGHT);
              boolean matrix = weight != null && weight.tensor().dim() >= 2;
              if (matrix && !(module instanceof Embedding) && seen.add(weight)) {
                found.put(path, weight);
              }
            });
    return found;
  }

  /**
   * Those of some layers.
   *
   * @param model a model or a part of one
   * @param patterns which layers, by {@link LayerPattern}s of their paths, such as {@code
   *     layer?.*.conv2}
   * @return a new map in the model's order, by the layer's path
   * @throws IllegalArgumentException if a pattern matches no layer; the message names the nearest
   */
  public static Map<String, Parameter> matching(Module model, List<String> patterns) {
    Map<String, Parameter> all = of(model);
    Set<String> chosen = new HashSet<>();
    for (String pattern : patterns) {
      chosen.addAll(new LayerPattern(pattern).choose(all.keySet()));
    }
    all.keySet().retainAll(chosen);
    return all;
  }

  /**
   * Checks patterns without a model.
   *
   * @param patterns which layers, at least one pattern
   * @param owner whose setting it is, for the message
   * @return an unmodifiable copy
   * @throws IllegalArgumentException if there is no pattern or one is blank
   */
  public static List<String> requirePatterns(List<String> patterns, String owner) {
    if (patterns.isEmpty() || patterns.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          owner
              + ": layers must be patterns of layers' paths, such as [\"layer1.*\", \"fc\"] or"
              + " [\"*\"] for all, but is "
              + patterns);
    }
    return List.copyOf(patterns);
  }
}
