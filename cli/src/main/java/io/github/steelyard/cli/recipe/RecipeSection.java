package io.github.steelyard.cli.recipe;

import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Penalty;
import java.util.List;
import java.util.Optional;

/**
 * A section that a jar outside this project adds to recipes. Found through {@link
 * java.util.ServiceLoader}: a file {@code
 * META-INF/services/io.github.steelyard.cli.recipe.RecipeSection} names the class, which needs a
 * public constructor without parameters. {@code steelyard} finds jars that the environment variable
 * {@code STEELYARD_CLASSPATH} names.
 *
 * <p>The section is read into a record, strictly: one key for each component, in snake case ({@code
 * logEvery} is {@code log_every}). What the record's constructor refuses by an {@link
 * IllegalArgumentException} is told with file, line and key. The resolved section stands in the
 * run's recipe and in every provenance, so that a run is resumed, evaluated and exported with it.
 *
 * <p>A section acts in one or several of three ways; each does nothing unless it is overridden.
 * What {@link #transform} puts on weights lies above a compander and below masks and quantizers;
 * several sections come in the order of their keys. When a run ends in a file or in the next stage
 * of a life, its parametrizations are materialized.
 *
 * @param <C> the record that the section is read into
 */
public interface RecipeSection<C extends Record> {
  /**
   * The section's key, such as the name of its method.
   *
   * @return small letters, digits and underscores; no key that recipes have already
   */
  String key();

  /**
   * What the section says where it says nothing.
   *
   * @return gives the values of missing keys, and an example of each that is {@linkplain #required}
   */
  C defaults();

  /**
   * Keys that must be there, as no default suits every model.
   *
   * @return keys of the section; none if not overridden
   */
  default List<String> required() {
    return List.of();
  }

  /**
   * Changes the model before it is trained. It is also put on a model with random weights before
   * saved ones are loaded, so it must not depend on values.
   *
   * @param configuration what the section says
   * @return a transform that refuses a model that does not suit it by an {@link
   *     IllegalArgumentException}
   */
  default ModelTransform transform(C configuration) {
    return model -> model;
  }

  /**
   * What is asked of the weights, besides the loss.
   *
   * @param configuration what the section says
   * @return a penalty, or empty if not overridden
   */
  default Optional<Penalty> penalty(C configuration) {
    return Optional.empty();
  }

  /**
   * What acts around the steps.
   *
   * @param configuration what the section says
   * @return a new callback for each training, or empty if not overridden
   */
  default Optional<Callback> callback(C configuration) {
    return Optional.empty();
  }
}
