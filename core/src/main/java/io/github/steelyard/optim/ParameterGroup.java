package io.github.steelyard.optim;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters that share a learning rate and a weight decay. The rates can be changed between steps,
 * by a schedule or by hand; the parameters cannot.
 */
public final class ParameterGroup {
  private static final String DECAY = "decay";
  private static final String NO_DECAY = "no_decay";

  private final String name;
  private final Map<String, Parameter> parameters;
  private final double baseLearningRate;
  private double learningRate;
  private final double baseWeightDecay;
  private double weightDecay;

  /**
   * Creates a group.
   *
   * @param name its name in logs and checkpoints
   * @param parameters the parameters by their names in the state dict, not empty
   * @param learningRate the learning rate, at least 0
   * @param weightDecay the weight decay, at least 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public ParameterGroup(
      String name, Map<String, Parameter> parameters, double learningRate, double weightDecay) {
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("the parameter group '" + name + "' is empty");
    }
    this.name = name;
    this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    setLearningRate(learningRate);
    baseLearningRate = learningRate;
    setWeightDecay(weightDecay);
    baseWeightDecay = weightDecay;
  }

  /**
   * The usual groups of a model: {@code decay} with the trainable parameters of two and more
   * dimensions, and {@code no_decay} with the others (biases and normalization) and those that are
   * {@linkplain Parameter#spareDecay() spared} (embeddings of positions and tokens, relative
   * position biases), as timm has them. A group without parameters is left out.
   *
   * @param model the model
   * @param learningRate the learning rate of both groups
   * @param weightDecay the weight decay of the first group
   * @return one or two groups
   * @throws IllegalArgumentException if the model has no trainable parameter
   */
  public static List<ParameterGroup> of(Module model, double learningRate, double weightDecay) {
    Map<String, Map<String, Parameter>> parts = new LinkedHashMap<>();
    parts.put(DECAY, new LinkedHashMap<>());
    parts.put(NO_DECAY, new LinkedHashMap<>());
    trainable(model).forEach((name, parameter) -> parts.get(kind(parameter)).put(name, parameter));
    parts.values().removeIf(Map::isEmpty);
    List<ParameterGroup> groups = new ArrayList<>();
    parts.forEach(
        (kind, own) ->
            groups.add(
                new ParameterGroup(kind, own, learningRate, kind.equals(DECAY) ? weightDecay : 0)));
    return groups;
  }

  /**
   * The groups of {@link #of}, each split by depth for fine-tuning: a layer's rate is the rate of
   * the head times the layer decay to the power of how many layers it lies before the head (Clark,
   * Luong, Le and Manning, ELECTRA, ICLR 2020; layers and names as in timm's {@code
   * param_groups_layer_decay}). Groups are named such as {@code layer_0_decay}.
   *
   * @param model the model
   * @param learningRate the learning rate of the head
   * @param weightDecay the weight decay of the groups that have one
   * @param layerDecay how much of the rate is left from one layer to the one before it, in (0, 1];
   *     0.65 to 0.8 are usual for transformers
   * @return the groups, by depth; see {@link LayerDepths}
   * @throws IllegalArgumentException if the model has no trainable parameter, or the layer decay is
   *     out of range
   */
  public static List<ParameterGroup> byDepth(
      Module model, double learningRate, double weightDecay, double layerDecay) {
    if (!(layerDecay > 0 && layerDecay <= 1)) {
      throw new IllegalArgumentException(
          "the layer decay must be above 0 and at most 1, but is " + layerDecay);
    }
    Map<String, Parameter> trainable = trainable(model);
    // Frozen layers count too, so that freezing does not change the rates of others.
    Map<String, Integer> depths = LayerDepths.of(model.namedParameters().keySet());
    int deepest = Collections.max(depths.values());
    Map<String, Map<String, Parameter>> parts = new LinkedHashMap<>();
    for (int depth = 0; depth <= deepest; depth++) {
      parts.put("layer_" + depth + "_" + DECAY, new LinkedHashMap<>());
      parts.put("layer_" + depth + "_" + NO_DECAY, new LinkedHashMap<>());
    }
    trainable.forEach(
        (name, parameter) ->
            parts.get("layer_" + depths.get(name) + "_" + kind(parameter)).put(name, parameter));
    List<ParameterGroup> groups = new ArrayList<>();
    parts.forEach(
        (group, own) -> {
          if (!own.isEmpty()) {
            int depth = depths.get(own.keySet().iterator().next());
            double rate = learningRate * Math.pow(layerDecay, deepest - depth);
            double decay = group.endsWith(NO_DECAY) ? 0 : weightDecay;
            groups.add(new ParameterGroup(group, own, rate, decay));
          }
        });
    return groups;
  }

  private static Map<String, Parameter> trainable(Module model) {
    Map<String, Parameter> trainable = new LinkedHashMap<>(model.namedParameters());
    trainable.values().removeIf(parameter -> !parameter.isTrainable());
    if (trainable.isEmpty()) {
      throw new IllegalArgumentException("the model has no trainable parameter");
    }
    return trainable;
  }

  private static String kind(Parameter parameter) {
    return parameter.shape().length > 1 && parameter.isDecayed() ? DECAY : NO_DECAY;
  }

  /**
   * The group's name.
   *
   * @return such as {@code decay}
   */
  public String name() {
    return name;
  }

  /**
   * The parameters by their names in the state dict.
   *
   * @return an unmodifiable map
   */
  public Map<String, Parameter> parameters() {
    return parameters;
  }

  /**
   * The learning rate the group was created with: what a {@link Schedule} multiplies.
   *
   * @return at least 0
   */
  public double baseLearningRate() {
    return baseLearningRate;
  }

  /**
   * The learning rate of the next step.
   *
   * @return at least 0
   */
  public double learningRate() {
    return learningRate;
  }

  /**
   * Changes the learning rate from the next step on.
   *
   * @param learningRate at least 0
   * @throws IllegalArgumentException if it is negative or not a number
   */
  public void setLearningRate(double learningRate) {
    this.learningRate = requireRate("learning rate", learningRate);
  }

  /**
   * The weight decay of the next step.
   *
   * @return at least 0
   */
  public double weightDecay() {
    return weightDecay;
  }

  /** The weight decay the group was created with. */
  double baseWeightDecay() {
    return baseWeightDecay;
  }

  /**
   * Changes the weight decay from the next step on.
   *
   * @param weightDecay at least 0
   * @throws IllegalArgumentException if it is negative or not a number
   */
  public void setWeightDecay(double weightDecay) {
    this.weightDecay = requireRate("weight decay", weightDecay);
  }

  private double requireRate(String what, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "the "
              + what
              + " of the parameter group '"
              + name
              + "' must be at least 0, but is "
              + value);
    }
    return value;
  }
}
