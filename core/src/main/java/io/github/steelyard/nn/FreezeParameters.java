package io.github.steelyard.nn;

import io.github.steelyard.runtime.Suggestion;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps parts of a model as they are while the rest is trained, as for fine-tuning: their
 * parameters get no gradient, and batch normalization whose weight and bias are frozen uses its
 * running statistics and does not change them. Make the optimizer afterwards, so that it leaves
 * frozen parameters out.
 *
 * @param patterns which parts, by {@link LayerPattern}s of their paths or of parameters' names: a
 *     path stands for all below it, such as {@code layer1}, {@code blocks.*.attn} or {@code *.bias}
 */
public record FreezeParameters(List<String> patterns) implements ModelTransform {
  /**
   * Copies the list.
   *
   * @param patterns at least one pattern, none blank
   * @throws IllegalArgumentException if there is none or one is blank
   */
  public FreezeParameters {
    patterns = LayerWeights.requirePatterns(patterns, "freezing");
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches nothing, naming the nearest part, or
   *     nothing would be left to train; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Parameter> all = new LinkedHashMap<>(model.namedParameters());
    all.putAll(model.plainlyNamedParameters());
    Set<Parameter> frozen = new LinkedHashSet<>();
    for (String pattern : patterns) {
      frozen.addAll(matching(new LayerPattern(pattern), all, model));
    }
    if (all.values().stream().filter(Parameter::isTrainable).allMatch(frozen::contains)) {
      throw new IllegalArgumentException(
          "freezing " + patterns + " would leave no parameter to train");
    }
    setTrainable(model, frozen, false);
    return model;
  }

  private static List<Parameter> matching(
      LayerPattern pattern, Map<String, Parameter> all, Module model) {
    List<Parameter> found =
        all.entrySet().stream()
            .filter(entry -> matches(pattern, entry.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    if (found.isEmpty()) {
      Set<String> valid = new LinkedHashSet<>(model.namedModules().keySet());
      valid.remove("");
      throw new IllegalArgumentException(
          "freezing '"
              + pattern
              + "': there is no such part"
              + Suggestion.clause(pattern.pattern(), valid));
    }
    return found;
  }

  /** Whether a pattern fits a name or the path of a part that the name is in. */
  private static boolean matches(LayerPattern pattern, String name) {
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (pattern.matches(name.substring(0, dot))) {
        return true;
      }
    }
    return pattern.matches(name);
  }

  /**
   * Freezes or unfreezes parameters of a model, and its batch normalization with them.
   *
   * @param model the model
   * @param parameters some of its parameters
   * @param trainable whether gradients are computed for them
   */
  public static void setTrainable(
      Module model, Collection<Parameter> parameters, boolean trainable) {
    parameters.forEach(parameter -> parameter.setTrainable(trainable));
    for (Module module : model.namedModules().values()) {
      if (module instanceof BatchNorm norm) {
        norm.normalization().setHeld(!norm.weight().isTrainable() && !norm.bias().isTrainable());
      }
    }
  }
}
