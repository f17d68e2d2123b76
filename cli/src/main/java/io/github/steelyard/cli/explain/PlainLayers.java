package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.run.Materialized;
import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.quant.QuantizedAttention;
import io.github.steelyard.quant.QuantizedLinear;
import io.github.steelyard.quant.QueryKeyAttention;
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
   * parts are such.
   *
   * @return the paths of the attentions that have no plain form
   */
  static List<String> replaceIn(Module model) {
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
   * Makes the last layer of a trained network one that can grow: without mask and quantizer, which
   * are made for as many rows as there are. What lies below them is taken off all layers.
   *
   * @param model the one that is looked at
   * @param plain a network of the same kind with nothing on its weights, which says where the last
   *     layer is
   */
  public static void openHead(Module model, Module plain) {
    Materialized.belowMasks(model);
    String path = ClassifierHead.of(plain).path();
    Module head = model.getSubmodule(path);
    if (head instanceof QuantizedLinear quantized) {
      model.setSubmodule(path, of(quantized));
    } else {
      head.ownParameters().values().forEach(Parameter::materialize);
    }
  }

  private static Linear of(QuantizedLinear quantized) {
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
