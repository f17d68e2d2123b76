package io.github.steelyard.incremental;

import io.github.steelyard.nn.DistilledClassifier;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The last layer of a classifier: a {@link Linear} from features to logits, whatever the backbone
 * before it and wherever it stands ({@code fc}, {@code head}, {@code linear}, {@code fc3}).
 */
public final class ClassifierHead {
  private final Module model;
  private final String path;
  private final Linear linear;

  private ClassifierHead(Module model, String path, Linear linear) {
    this.model = model;
    this.path = path;
    this.linear = linear;
  }

  /**
   * Finds the last layer: the last module that was registered.
   *
   * @param model a classifier
   * @return its head
   * @throws IllegalArgumentException if the last layer is not a Linear, or there are two heads
   */
  public static ClassifierHead of(Module model) {
    if (model instanceof DistilledClassifier) {
      throw new IllegalArgumentException(
          model
              + " has two heads, of which one would not grow; use the model without distillation");
    }
    String path = "";
    Module module = model;
    while (!isLayer(module) && !module.children().isEmpty()) {
      Map<String, Module> children = new LinkedHashMap<>(module.children());
      String last = children.keySet().stream().reduce((a, b) -> b).orElseThrow();
      path = path.isEmpty() ? last : path + "." + last;
      module = children.get(last);
    }
    return at(model, path, module);
  }

  /** A layer has a weight, as a parameter or packed; what is inside it is no layer. */
  private static boolean isLayer(Module module) {
    return module.ownParameters().containsKey("weight") || module.children().containsKey("weight");
  }

  /**
   * Takes the layer at a path.
   *
   * @param model a classifier
   * @param path the layer's dotted path, such as {@code fc}; empty to find it as {@link
   *     #of(Module)} does
   * @return the head
   * @throws IllegalArgumentException if there is no such layer (the message names the nearest) or
   *     it is not a Linear
   */
  public static ClassifierHead of(Module model, String path) {
    return path.isEmpty() ? of(model) : at(model, path, model.getSubmodule(path));
  }

  private static ClassifierHead at(Module model, String path, Module module) {
    if (!(module instanceof Linear linear)) {
      throw new IllegalArgumentException(
          "the last layer of "
              + model
              + (path.isEmpty() ? "" : ", '" + path + "',")
              + " must be a Linear to grow by classes, but is a "
              + module
              + "; if the classifier's Linear stands elsewhere, give its path");
    }
    if (path.isEmpty()) {
      throw new IllegalArgumentException(
          "the model is a Linear itself, so its head cannot be replaced; put it into a Sequential");
    }
    return new ClassifierHead(model, path, linear);
  }

  /**
   * Where the layer stands.
   *
   * @return its dotted path, such as {@code fc}
   */
  public String path() {
    return path;
  }

  /**
   * The layer.
   *
   * @return the live layer
   */
  public Linear linear() {
    return linear;
  }

  /**
   * The number of classes.
   *
   * @return the layer's outputs
   */
  public int classes() {
    return Math.toIntExact(linear.outFeatures());
  }

  /**
   * What the layer gets to see. Runs the model in the mode that it is in.
   *
   * @param inputs what the model takes
   * @return the features, float [n, features]
   * @throws IllegalArgumentException if the layer's input is not of two dimensions
   */
  public Tensor features(Tensor inputs) {
    model.setSubmodule(path, new Identity());
    try {
      Tensor features = model.forward(inputs);
      if (features.dim() != 2) {
        throw new IllegalArgumentException(
            "the features before '"
                + path
                + "' must have shape [n, features], but have "
                + Arrays.toString(features.shape()));
      }
      return features;
    } finally {
      model.setSubmodule(path, linear);
    }
  }
}
