package io.github.steelyard.method;

import io.github.steelyard.runtime.Register;
import io.github.steelyard.runtime.RegisterException;
import java.util.Comparator;
import java.util.List;

/** The register of methods: everything that is found on the class path, by name. */
public final class Methods {
  private final Register<Method> register;

  private Methods() {
    register = Register.load("method", MethodProvider.class, MethodProvider::methods);
  }

  /**
   * Reads the register.
   *
   * @return the methods on the class path
   * @throws RegisterException if a provider cannot be loaded, or two methods have one name
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
    return register.all().stream().sorted(Comparator.comparing(Method::name)).toList();
  }

  /**
   * One method.
   *
   * @param name its name
   * @return the method
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public Method get(String name) {
    return register.get(name);
  }
}
