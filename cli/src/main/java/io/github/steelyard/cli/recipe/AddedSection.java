package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Penalty;
import java.util.Objects;
import java.util.Optional;

/**
 * A section that a recipe has and this project does not know by itself.
 *
 * @param <C> the record that it is read into
 * @param kind what it does; made anew whenever a recipe is read, so that it does not count when two
 *     sections are compared
 * @param configuration what it says
 */
public record AddedSection<C extends Record>(RecipeSection<C> kind, C configuration) {

  static <C extends Record> AddedSection<C> read(RecipeSection<C> kind, Section section) {
    return new AddedSection<>(kind, section.readWith(kind.required(), kind.defaults()));
  }

  /**
   * Its key in the recipe.
   *
   * @return the key
   */
  public String key() {
    return kind.key();
  }

  /**
   * How it changes the model before it is trained.
   *
   * @return the transform
   */
  public ModelTransform transform() {
    return kind.transform(configuration);
  }

  /**
   * What it asks of the weights.
   *
   * @return a penalty, or empty
   */
  public Optional<Penalty> penalty() {
    return kind.penalty(configuration);
  }

  /**
   * What it does around the steps.
   *
   * @return a new callback, or empty
   */
  public Optional<Callback> callback() {
    return kind.callback(configuration);
  }

  JsonNode toTree() {
    return Section.MAPPER.valueToTree(configuration);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddedSection<?> section
        && key().equals(section.key())
        && configuration.equals(section.configuration);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key(), configuration);
  }
}
