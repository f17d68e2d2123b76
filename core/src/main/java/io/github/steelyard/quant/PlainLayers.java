package io.github.steelyard.quant;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Linear layers and attentions as they were before they were prepared, with the weights that they
 * have now.
 */
public final class PlainLayers {
  private PlainLayers() {}

  /**
   * Puts a plain layer in the place of each quantized linear layer and of each attention whose
   * parts are such. The rounding of activations is gone: it has no slope that an analysis could
   * follow.
   *
   * @param model the network, changed in place
   * @return the paths of the attentions that have no plain form
   */
  public static List<String> replaceIn(Module model) {
    List<String> left = new ArrayList<>();
    for (Map.Entry<String, Module> entry : model.namedModules().entrySet()) {
      String path = entry.getKey();
      if (entry.getValue() instanceof QuantizedLinear quantized && isStandalone(model, path)) {
        model.setSubmodule(path, of(quantized));
      } else if (entry.getValue() instanceof QuantizedAttention attention
          && !isWindowed(attention)) {
        model.setSubmodule(path, of(attention));
      } else if (entry.getValue() instanceof QuantizedAttention
          || entry.getValue() instanceof QueryKeyAttention) {
        left.add(path);
      }
    }
    return left;
  }

  /** Parts of an attention belong to it; those of one that was replaced are no parts any more. */
  private static boolean isStandalone(Module model, String path) {
    int dot = path.lastIndexOf('.');
    String owner = dot < 0 ? "" : path.substring(0, dot);
    return model.getSubmodule(path) instanceof QuantizedLinear
        && !model
            .getSubmodule(owner)
            .getClass()
            .getPackage()
            .equals(QuantizedLinear.class.getPackage());
  }

  /** An attention in windows adds a learned bias to its logits. */
  private static boolean isWindowed(QuantizedAttention attention) {
    return !attention.ownParameters().isEmpty();
  }

  private static Attention of(QuantizedAttention quantized) {
    Attention plain = new Attention(quantized.configuration());
    for (String name : List.of("qkv", "proj", "q_norm", "k_norm")) {
      Module part = quantized.getSubmodule(name);
      plain.setSubmodule(name, part instanceof QuantizedLinear linear ? of(linear) : part);
    }
    plain.train(quantized.isTraining());
    return plain;
  }

  /**
   * A plain layer with the value that a quantized layer's weight has now, on the same device.
   *
   * @param quantized the layer; it stays as it is
   * @return the plain layer; a rounding of activations is not in it
   */
  public static Linear of(QuantizedLinear quantized) {
    return Scope.computeWithoutGradient(
        () -> {
          Parameter weight = quantized.ownParameters().get("weight");
          Linear plain =
              new Linear(
                  quantized.inFeatures(), quantized.outFeatures(), quantized.bias().isPresent());
          plain.to(Device.of(weight.tensor()));
          plain.weight().assign(weight.value());
          quantized.bias().ifPresent(bias -> plain.bias().orElseThrow().assign(bias.value()));
          return plain;
        });
  }
}
