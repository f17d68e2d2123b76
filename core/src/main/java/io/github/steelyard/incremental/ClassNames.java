package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.runtime.Suggestion;

/** Checks the names of classes that a person wrote. */
final class ClassNames {
  private ClassNames() {}

  static void require(Dataset data, String name) {
    if (!data.classNames().contains(name)) {
      throw new IllegalArgumentException(
          data.name()
              + " has no class '"
              + name
              + "'"
              + Suggestion.clause(name, data.classNames()));
    }
  }
}
