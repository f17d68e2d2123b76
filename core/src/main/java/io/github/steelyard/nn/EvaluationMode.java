package io.github.steelyard.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Runs work with a module in evaluation mode and gives every part its own mode back. */
public final class EvaluationMode {
  private EvaluationMode() {}

  /**
   * Runs work.
   *
   * @param <T> the type of the result
   * @param module the module that is in evaluation mode meanwhile, with everything in it
   * @param work what to do
   * @return what the work returned
   */
  public static <T> T compute(Module module, Supplier<T> work) {
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
