package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/**
 * A section that a recipe has.
 *
 * @param <C> what it says
 * @param kind what it does
 * @param configuration what it says
 */
public record Section<C>(RecipeSection<C> kind, C configuration) {

  static <C> Section<C> read(RecipeSection<C> kind, Mapping written) {
    return new Section<>(kind, kind.read(written));
  }

  /**
   * Refuses what cannot stand beside it.
   *
   * @param recipe the whole recipe
   * @param written where the section is written
   * @throws RecipeException if the recipe makes no sense
   */
  public void check(Recipe recipe, Mapping written) {
    kind.check(configuration, recipe, written);
  }

  /**
   * The resolved section as it is written.
   *
   * @return reading it again gives this section
   */
  public JsonNode toTree() {
    return Mapping.MAPPER.valueToTree(kind.write(configuration));
  }

  /**
   * Its key in the recipe.
   *
   * @return small letters, digits and underscores
   */
  public String key() {
    return kind.key();
  }

  // The kind is made anew whenever sections are looked up, so that it does not count.
  @Override
  public boolean equals(Object other) {
    return other instanceof Section<?> section
        && key().equals(section.key())
        && configuration.equals(section.configuration);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key(), configuration);
  }
}
