package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Register;
import java.util.Arrays;
import java.util.List;

/** The register of models: ours and those of jars on the class path. */
public final class Models {
  private Models() {}

  private static Register<ModelEntry> register() {
    return Register.load("model", ModelProvider.class, ModelProvider::models);
  }

  /**
   * All models.
   *
   * @return in the order of the class path; ours with small models first within each family
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<ModelEntry> all() {
    return register().all();
  }

  /**
   * One model.
   *
   * @param name a model's name
   * @return its entry
   * @throws IllegalArgumentException if there is no such model; the message names the nearest
   */
  public static ModelEntry get(String name) {
    return register().get(name);
  }

  /**
   * Makes a model of the usual size with random weights from libtorch's seeded generator.
   *
   * @param name a model's name, such as {@code resnet18}
   * @return a new model in training mode
   * @throws IllegalArgumentException if there is no such model; the message names the nearest
   */
  public static Module create(String name) {
    return create(name, ModelOptions.none());
  }

  /**
   * Makes a model with random weights from libtorch's seeded generator.
   *
   * @param name a model's name
   * @param options what differs from the defaults
   * @return a new model in training mode
   * @throws IllegalArgumentException if there is no such model, or an option does not suit it
   */
  public static Module create(String name, ModelOptions options) {
    return get(name).create(options);
  }

  /**
   * Counts the trainable values of any module. Tied parameters count once, frozen ones not at all.
   *
   * @param model the module
   * @return the number of values
   */
  public static long countParameters(Module model) {
    return model.namedParameters().values().stream()
        .filter(Parameter::isTrainable)
        .mapToLong(parameter -> Arrays.stream(parameter.shape()).reduce(1, (a, b) -> a * b))
        .sum();
  }
}
