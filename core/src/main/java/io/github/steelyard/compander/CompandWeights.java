package io.github.steelyard.compander;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.LayerPattern;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Puts a {@link WeightCompander} on the weight of every {@link Linear} and {@link Conv2d}, those
 * inside attentions and patch embeddings included; not on biases, normalization or embeddings. The
 * model computes what it did: each weight keeps its value, whether it is fresh or of a checkpoint.
 *
 * <pre>{@code
 * new CompandWeights(CompanderConfiguration.defaults()).apply(model);
 * AdamP optimizer = new AdamP(ParameterGroup.of(model, 1e-3, 0.01)); // after the transform
 * new Trainer(model, optimizer, batches, new CrossEntropy(), 10).run();
 * new MaterializeCompander().apply(model);
 * }</pre>
 *
 * <p>The compander stays below what has no inverse: compand first, then quantize or mask. A weight
 * that layers share is companded once.
 */
public final class CompandWeights implements ModelTransform {
  private final CompanderConfiguration configuration;
  private final boolean keepsValues;

  /**
   * Creates the transform.
   *
   * @param configuration a and b of each layer
   */
  public CompandWeights(CompanderConfiguration configuration) {
    this(configuration, true);
  }

  private CompandWeights(CompanderConfiguration configuration, boolean keepsValues) {
    this.configuration = configuration;
    this.keepsValues = keepsValues;
  }

  /**
   * Makes the places for a state dict of a companded model, whose a, b and v then come from there.
   * Until it is loaded, a and b are arbitrary.
   *
   * @param configuration which layers are companded, and which learn
   * @return the transform
   */
  public static CompandWeights forStateDict(CompanderConfiguration configuration) {
    return new CompandWeights(configuration, false);
  }

  /**
   * Compands a model in place.
   *
   * @param model the model
   * @return the same model
   * @throws IllegalArgumentException if it has no layer to compand, is companded, quantized or
   *     masked already, a rule matches no layer, or a weight is too large for its a: the message
   *     names the layer and the smallest a that works. The model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Parameter> weights = weights(model);
    Map<String, Companding> chosen = chosen(weights);
    Map<Parameter, WeightCompander> companders = new LinkedHashMap<>();
    chosen.forEach(
        (path, companding) ->
            companders.computeIfAbsent(weights.get(path), w -> compander(path, w, companding)));
    companders.forEach(Parameter::parametrize);
    return model;
  }

  private static Map<String, Parameter> weights(Module model) {
    Map<String, Parameter> weights = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof Linear linear) {
                weights.put(path, linear.weight());
              } else if (module instanceof Conv2d convolution) {
                weights.put(path, convolution.weight());
              } else if (module.ownParameters().containsKey("weight")) {
                // A quantized layer, whose weight would be left out without a word.
                requireInvertible(path, module.ownParameters().get("weight"));
              }
            });
    if (weights.isEmpty()) {
      throw new IllegalArgumentException(
          model + " has no Linear or Conv2d whose weight could be companded");
    }
    return weights;
  }

  private Map<String, Companding> chosen(Map<String, Parameter> weights) {
    Map<String, Optional<Companding>> all = new LinkedHashMap<>();
    weights.keySet().forEach(path -> all.put(path, Optional.of(configuration.companding())));
    for (CompanderRule rule : configuration.rules()) {
      new LayerPattern(rule.layers())
          .choose(weights.keySet())
          .forEach(path -> all.put(path, rule.companding()));
    }
    requireSameWhereTied(weights, all);
    Map<String, Companding> chosen = new LinkedHashMap<>();
    all.forEach((path, own) -> own.ifPresent(companding -> chosen.put(path, companding)));
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException("the rules leave every layer as it is");
    }
    return chosen;
  }

  private static void requireSameWhereTied(
      Map<String, Parameter> weights, Map<String, Optional<Companding>> all) {
    Map<Parameter, String> first = new LinkedHashMap<>();
    weights.forEach(
        (path, weight) -> {
          String other = first.putIfAbsent(weight, path);
          if (other != null && !all.get(other).equals(all.get(path))) {
            throw new IllegalArgumentException(
                "'"
                    + other
                    + "' and '"
                    + path
                    + "' share one weight, but the rules compand it differently; give both the"
                    + " same");
          }
        });
  }

  private WeightCompander compander(String path, Parameter weight, Companding companding) {
    requireInvertible(path, weight);
    if (weight.parametrizations().stream().anyMatch(WeightCompander.class::isInstance)) {
      throw new IllegalArgumentException("the weight of '" + path + "' is companded already");
    }
    return Scope.computeWithoutGradient(
        () -> {
          Tensor value = weight.value();
          try {
            WeightCompander compander =
                keepsValues ? companding.create(value) : companding.createForAnyValue(value);
            compander.to(Device.of(value));
            return compander;
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + path + "': " + e.getMessage(), e);
          }
        });
  }

  private static void requireInvertible(String path, Parameter weight) {
    for (Parametrization map : weight.parametrizations()) {
      if (!map.isInvertible()) {
        throw new IllegalArgumentException(
            "the weight of '"
                + path
                + "' has a "
                + map.getClass().getSimpleName()
                + " already, which has no inverse; compand the model first, then quantize or mask"
                + " it");
      }
    }
  }
}
