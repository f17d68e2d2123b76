package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A weight that is trained through a quantizer, as those who follow or steer its integers see it.
 * The latent weight is a parameter, or it is computed from parameters, as the product of query and
 * key weights is.
 */
public final class QuantizedWeight {
  private final Supplier<Tensor> latent;
  private final WeightQuantizer quantizer;
  private final Parameter parameter;
  private final Parameter stored;

  /** A weight that is computed from parameters. */
  QuantizedWeight(Supplier<Tensor> latent, WeightQuantizer quantizer) {
    this(latent, quantizer, null, null);
  }

  private QuantizedWeight(
      Supplier<Tensor> latent, WeightQuantizer quantizer, Parameter parameter, Parameter stored) {
    this.latent = latent;
    this.quantizer = quantizer;
    this.parameter = parameter;
    this.stored = stored;
  }

  /** The weight of a parameter whose last parametrization is a quantizer. */
  static QuantizedWeight of(Parameter parameter) {
    List<Parametrization> maps = parameter.parametrizations();
    WeightQuantizer quantizer = (WeightQuantizer) maps.get(maps.size() - 1);
    return new QuantizedWeight(
        () -> {
          Tensor value = parameter.tensor();
          for (Parametrization map : maps.subList(0, maps.size() - 1)) {
            value = map.forward(value);
          }
          return value;
        },
        quantizer,
        maps.size() == 1 ? parameter : null,
        maps.subList(0, maps.size() - 1).stream().allMatch(Parametrization::isElementwise)
            ? parameter
            : null);
  }

  /**
   * All quantized weights of a prepared model, by the path of the layer and the weight's name.
   *
   * @param model a prepared model, or any part of one
   * @return a new map in the model's order, such as {@code blocks.0.mlp.fc1.weight}; empty if
   *     nothing is quantized or the model was converted
   */
  public static Map<String, QuantizedWeight> of(Module model) {
    Map<String, QuantizedWeight> all = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLayer layer) {
                layer
                    .quantizedWeight()
                    .ifPresent(w -> all.put(path.isEmpty() ? "weight" : path + ".weight", w));
              }
            });
    return all;
  }

  /** Those of the fewest levels: not the first layer and the classifier, as a rule. */
  static Map<String, QuantizedWeight> ofFewestBits(Map<String, QuantizedWeight> weights) {
    int fewest = weights.values().stream().mapToInt(QuantizedWeight::levels).min().orElse(0);
    Map<String, QuantizedWeight> some = new LinkedHashMap<>(weights);
    some.values().removeIf(weight -> weight.levels() > fewest);
    return some;
  }

  private int levels() {
    return quantizer.highest() - quantizer.lowest() + 1;
  }

  /** The path of the layer that a weight of {@link #of(Module)} belongs to. */
  static String layer(String name) {
    return name.equals("weight") ? "" : name.substring(0, name.length() - ".weight".length());
  }

  /**
   * The latent weight, before the quantizer.
   *
   * @return a tensor of the current scope; for a parameter the live one
   */
  public Tensor latent() {
    return latent.get();
  }

  /**
   * The quantizer.
   *
   * @return the live quantizer
   */
  public WeightQuantizer quantizer() {
    return quantizer;
  }

  /**
   * The parameter that is the latent weight.
   *
   * @return the parameter, or empty if the latent weight is computed
   */
  public Optional<Parameter> parameter() {
    return Optional.ofNullable(parameter);
  }

  /**
   * The parameter whose entries decide the latent weight's, each its own: the latent weight itself,
   * or what lies below its mask or compander.
   *
   * @return the parameter, or empty if an entry depends on several stored ones
   */
  public Optional<Parameter> stored() {
    return Optional.ofNullable(stored);
  }

  /**
   * The integers now.
   *
   * @return scales and integers of the current scope
   * @throws IllegalArgumentException if the latent weight or a scale is NaN or infinite
   */
  public QuantizedTensor quantize() {
    Tensor weight = latent();
    QuantizedTensor quantized = quantizer.quantize(weight);
    if (!isFinite(weight) || !isFinite(quantized.scale())) {
      throw new IllegalArgumentException(
          "the weight or its scale is NaN or infinite, for which there is no integer; was the"
              + " training that made it stable?");
    }
    return quantized;
  }

  private static boolean isFinite(Tensor tensor) {
    boolean[] finite = new boolean[1];
    Scope.withoutGradient(() -> finite[0] = tensor.isfinite().all().item_bool());
    return finite[0];
  }
}
