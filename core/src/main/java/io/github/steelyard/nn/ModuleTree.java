package io.github.steelyard.nn;

import java.util.List;
import java.util.function.BiConsumer;

/** Walks over a module and all below it, in the order of registration and by dotted paths. */
final class ModuleTree {
  private ModuleTree() {}

  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** The modules that stand in places, each before those below it. */
  static void visitPlaces(String path, Module module, BiConsumer<String, Module> visitor) {
    visitor.accept(path, module);
    module
        .ownSubmodules()
        .forEach((name, place) -> visitPlaces(join(path, name), place.get(), visitor));
  }

  /** The modules that stand in places, and parametrizations. */
  static void visitAll(String path, Module module, BiConsumer<String, Module> visitor) {
    visitor.accept(path, module);
    module
        .ownParameters()
        .forEach(
            (name, parameter) -> {
              List<Parametrization> maps = parameter.parametrizations();
              for (int i = 0; i < maps.size(); i++) {
                visitAll(parametrizations(path, name) + "." + i, maps.get(i), visitor);
              }
            });
    module
        .ownSubmodules()
        .forEach((name, place) -> visitAll(join(path, name), place.get(), visitor));
  }

  /** The parameters and buffers, by their names in the state dict and in its order. */
  static void visitParts(
      String path,
      Module module,
      BiConsumer<String, Parameter> onParameter,
      BiConsumer<String, Buffer> onBuffer) {
    module
        .ownParameters()
        .forEach(
            (name, parameter) -> {
              List<Parametrization> maps = parameter.parametrizations();
              String base = parametrizations(path, name);
              onParameter.accept(maps.isEmpty() ? join(path, name) : base + ".original", parameter);
              for (int i = 0; i < maps.size(); i++) {
                visitParts(base + "." + i, maps.get(i), onParameter, onBuffer);
              }
            });
    module.ownBuffers().forEach((name, buffer) -> onBuffer.accept(join(path, name), buffer));
    module
        .ownSubmodules()
        .forEach((name, place) -> visitParts(join(path, name), place.get(), onParameter, onBuffer));
  }

  /** PyTorch's name for what is between a parameter and its layer. */
  private static String parametrizations(String path, String parameter) {
    return join(path, "parametrizations." + parameter);
  }
}
