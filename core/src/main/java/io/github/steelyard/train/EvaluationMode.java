package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Runs work with a module in evaluation mode and gives every part its own mode back. */
final class EvaluationMode {
  private EvaluationMode() {}

  static <T> T compute(Module module, Supplier<T> work) {
    Map<String, Module> parts = module.namedModules();
    Map<Module, Boolean> modes = new LinkedHashMap<>();
    parts.values().forEach(part -> modes.put(part, part.isTraining()));
    if (!modes.containsValue(true)) {
      return work.get();
    }
    module.eval();
    try {
      return work.get();
    } finally {
      // Parents come before their children, so that a part that was frozen in evaluation mode wins.
      modes.forEach((part, mode) -> part.train(mode));
    }
  }
}
