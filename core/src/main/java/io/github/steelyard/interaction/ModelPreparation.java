package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Device;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Brings a model into the state in which its segments are run, and back. */
final class ModelPreparation {
  private final Module original;
  private final Module model;
  private final Map<String, Module> wrapped = new LinkedHashMap<>();
  private final Map<Module, Boolean> modes = new LinkedHashMap<>();
  private final Optional<ScalarType> precision;
  private final Device device;

  /**
   * Prepares a model.
   *
   * @param original the model, which is changed in place
   * @param type the precision to run it in
   * @param wrapper puts a module around a layer, given its path, or leaves it as it is
   */
  ModelPreparation(
      Module original, ScalarType type, BiFunction<String, Module, Optional<Module>> wrapper) {
    this.original = original;
    List<Parameter> parameters = List.copyOf(original.namedParameters().values());
    precision = precision(original);
    device = parameters.isEmpty() ? Device.CPU : Device.of(parameters.get(0).tensor());
    Map<String, Module> modules = original.namedModules();
    modules.values().forEach(module -> modes.put(module, module.isTraining()));
    original.eval();
    if (precision.filter(own -> own != type).isPresent()) {
      original.to(type);
    }
    modules.forEach(
        (path, module) -> {
          Optional<Module> around = path.isEmpty() ? Optional.empty() : wrapper.apply(path, module);
          if (around.isPresent()) {
            original.setSubmodule(path, around.get());
            wrapped.put(path, module);
          }
        });
    model = wrapper.apply("", original).orElse(original);
  }

  private static Optional<ScalarType> precision(Module model) {
    List<ScalarType> types =
        model.stateDict().values().stream()
            .filter(tensor -> tensor.is_floating_point())
            .map(tensor -> tensor.scalar_type().intern())
            .distinct()
            .toList();
    if (types.size() > 1) {
      throw new IllegalArgumentException(
          "the model's tensors are of several types, "
              + types
              + ", which could not be given back after the analysis; convert it to one type first");
    }
    return types.stream().findFirst();
  }

  Module model() {
    return model;
  }

  Device device() {
    return device;
  }

  void undo() {
    wrapped.forEach(original::setSubmodule);
    wrapped.clear();
    precision.ifPresent(
        type -> {
          if (!precision(original).equals(precision)) {
            original.to(type);
          }
        });
    // Parents come before their children, so that a part that was frozen in evaluation mode wins.
    modes.forEach((module, mode) -> module.train(mode));
  }
}
