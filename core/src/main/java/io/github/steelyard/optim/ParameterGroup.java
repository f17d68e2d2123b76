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
   * The usual groups of a model: {@code decay} with all trainable parameters of two and more
   * dimensions, and {@code no_decay} with the one-dimensional ones (biases and normalization),
   * which are not decayed. A group without parameters is left out.
   *
   * @param model the model
   * @param learningRate the learning rate of both groups
   * @param weightDecay the weight decay of the first group
   * @return one or two groups
   * @throws IllegalArgumentException if the model has no trainable parameter
   */
  public static List<ParameterGroup> of(Module model, double learningRate, double weightDecay) {
    Map<String, Parameter> decay = new LinkedHashMap<>();
    Map<String, Parameter> noDecay = new LinkedHashMap<>();
    model
        .namedParameters()
        .forEach(
            (path, parameter) -> {
              if (parameter.isTrainable()) {
                (parameter.shape().length > 1 ? decay : noDecay).put(path, parameter);
              }
            });
    List<ParameterGroup> groups = new ArrayList<>();
    if (!decay.isEmpty()) {
      groups.add(new ParameterGroup("decay", decay, learningRate, weightDecay));
    }
    if (!noDecay.isEmpty()) {
      groups.add(new ParameterGroup("no_decay", noDecay, learningRate, 0));
    }
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("the model has no trainable parameter");
    }
    return groups;
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
