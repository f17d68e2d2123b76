package io.github.steelyard.method;

import java.util.List;

/**
 * Tells the register about methods. Found through {@link java.util.ServiceLoader}, so that a jar
 * outside this project can add a method.
 */
public interface MethodProvider {
  /**
   * The methods of one room.
   *
   * @return at least one method
   */
  List<Method> methods();
}
