package io.github.steelyard.runtime;

/** What a {@link Register} finds: something that people call by a name. */
public interface Named {
  /**
   * How recipes and people call it.
   *
   * @return small letters, digits, and '-', '_' or '.' between them, such as {@code adamw}
   */
  String name();
}
