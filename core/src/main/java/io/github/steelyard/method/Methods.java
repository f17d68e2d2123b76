package io.github.steelyard.method;

import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The register of methods: everything that is found on the class path, by name. */
public final class Methods {
  private final Map<String, Method> byName = new TreeMap<>();

  private Methods() {
    for (MethodProvider provider : ServiceLoader.load(MethodProvider.class)) {
      for (Method method : provider.methods()) {
        if (byName.putIfAbsent(method.name(), method) != null) {
          throw new IllegalStateException(
              "two methods on the class path are named '" + method.name() + "'");
        }
      }
    }
  }

  /**
   * Reads the register.
   *
   * @return the methods on the class path
   */
  public static Methods load() {
    return new Methods();
  }

  /**
   * All methods.
   *
   * @return sorted by name
   */
  public List<Method> all() {
    return new ArrayList<>(byName.values());
  }

  /**
   * One method.
   *
   * @param name its name
   * @return the method
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public Method get(String name) {
    Method method = byName.get(name);
    if (method == null) {
      throw new IllegalArgumentException(
          "there is no method '" + name + "'" + Suggestion.clause(name, byName.keySet()));
    }
    return method;
  }
}
