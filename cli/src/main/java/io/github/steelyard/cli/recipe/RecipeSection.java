package io.github.steelyard.cli.recipe;

import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.Penalty;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A section of recipes: what a method does with what the section says. The sections of this project
 * and those of jars outside it are found alike, through {@link java.util.ServiceLoader}: a file
 * {@code META-INF/services/io.github.steelyard.cli.recipe.RecipeSection} names the class, which
 * needs a public constructor without parameters. {@code steelyard} finds jars that the environment
 * variable {@code STEELYARD_CLASSPATH} names.
 *
 * <p>A section acts at any of the moments where methods act; each hook does nothing unless it is
 * overridden. In the order of a run:
 *
 * <ol>
 *   <li>{@link #read} and {@link #check}: what the section says, strictly, and what cannot stand
 *       beside it;
 *   <li>{@link #prepare}: the model changes, in the order of {@link #place}s; {@link #restore} does
 *       the same for a model whose saved weights come afterwards;
 *   <li>{@link #loss}, {@link #penalties}, {@link #optimizer}, {@link #callbacks} and {@link
 *       #watchers}: the training;
 *   <li>{@link #followUp}: what is done with the trained network, and what people see of it.
 * </ol>
 *
 * <p>The resolved section stands in the run's recipe and in every provenance, so that a run is
 * resumed, evaluated and exported with it. When a run ends in a file or in the next stage of a
 * life, its parametrizations are materialized.
 *
 * @param <C> what the section says; compared by {@code equals}, so a record
 */
public interface RecipeSection<C> {
  /** Where what a section puts on weights lies among the others. */
  enum Place {
    /** First: a map of the weight that has an inverse. */
    COMPAND,
    /** Above it: maps that may have none. */
    ADD,
    /** Above these: zeros that stay zero. */
    MASK,
    /** Last, as it rounds what is left. */
    QUANTIZE,
    /** The section acts in training, but puts nothing on weights. */
    NONE,
    /** The section does nothing in training: it looks at the trained network. */
    AFTER
  }

  /**
   * The section's key, such as the name of its method.
   *
   * @return small letters, digits and underscores; no key that recipes have already
   */
  String key();

  /**
   * Reads the section. {@link Mapping#read(Record, String...)} reads a record in one line: one key
   * for each component, in snake case ({@code logEvery} is {@code log_every}); what the record's
   * constructor refuses by an {@link IllegalArgumentException} is told with file, line and key.
   *
   * @param section what is written
   * @return what it says, with every default filled in
   * @throws RecipeException if a key or value is wrong
   */
  C read(Mapping section);

  /**
   * What the resolved section looks like; reading it again gives the same configuration.
   *
   * @param configuration what the section says
   * @return a value that Jackson can write
   */
  default Object write(C configuration) {
    return configuration;
  }

  /**
   * Where what it puts on weights lies. Sections of the same place come in the order of their keys.
   *
   * @return {@link Place#ADD} if not overridden
   */
  default Place place() {
    return Place.ADD;
  }

  /**
   * Refuses what cannot stand beside it, each with a reason.
   *
   * @param configuration what the section says
   * @param recipe the whole recipe
   * @param section where the section is written, for messages
   * @throws RecipeException if the recipe makes no sense
   */
  default void check(C configuration, Recipe recipe, Mapping section) {}

  /**
   * How the model changes, where that depends on nothing but the configuration.
   *
   * @param configuration what the section says
   * @return a transform that refuses a model that does not suit it by an {@link
   *     IllegalArgumentException}
   */
  default ModelTransform transform(C configuration) {
    return model -> model;
  }

  /**
   * Changes the model before it is trained.
   *
   * @param configuration what the section says
   * @param model the model with its first weights
   * @param setup the rest of the training
   * @return the model to train; {@link #transform} applied if not overridden
   * @throws IllegalArgumentException if the model does not suit it
   * @throws IOException if data cannot be read
   */
  default Module prepare(C configuration, Module model, TrainingSetup setup) throws IOException {
    return transform(configuration).apply(model);
  }

  /**
   * Makes the places for saved weights, which are loaded afterwards; must not depend on values.
   *
   * @param configuration what the section says
   * @param model a model with random weights
   * @param state the weights that will be loaded, whose sizes may count; may be empty
   * @return the model to load into; {@link #transform} applied if not overridden
   * @throws IllegalArgumentException if the model does not suit it
   */
  default Module restore(C configuration, Module model, Map<String, Tensor> state) {
    return transform(configuration).apply(model);
  }

  /**
   * Changes what is asked of the outputs.
   *
   * @param configuration what the section says
   * @param loss the recipe's loss, or that of a section before
   * @param setup the rest of the training
   * @return the loss to minimize
   */
  default Loss loss(C configuration, Loss loss, TrainingSetup setup) {
    return loss;
  }

  /**
   * What is asked of the weights, besides the loss.
   *
   * @param configuration what the section says
   * @param setup the rest of the training
   * @return penalties by name; the names stand in the run's log
   */
  default Map<String, Penalty> penalties(C configuration, TrainingSetup setup) {
    return Map.of();
  }

  /**
   * Changes how weights move.
   *
   * @param configuration what the section says
   * @param optimizer the recipe's optimizer, or that of a section before
   * @return the optimizer to use
   */
  default Optimizer optimizer(C configuration, Optimizer optimizer) {
    return optimizer;
  }

  /**
   * What acts around the steps.
   *
   * @param configuration what the section says
   * @param setup the rest of the training
   * @return new callbacks by name; the names stand in checkpoints
   */
  default Map<String, Callback> callbacks(C configuration, TrainingSetup setup) {
    return Map.of();
  }

  /**
   * What only looks at the steps, after everything that acts.
   *
   * @param configuration what the section says
   * @param setup the rest of the training
   * @return new callbacks by name; the names stand in checkpoints
   */
  default Map<String, Callback> watchers(C configuration, TrainingSetup setup) {
    return Map.of();
  }

  /**
   * Whether the best weights may be from before it had its effect, so that the last ones count.
   *
   * @param configuration what the section says
   * @param recipe the whole recipe
   * @return false if not overridden
   */
  default boolean takesLast(C configuration, Recipe recipe) {
    return false;
  }

  /**
   * What is done with a trained network: measuring, analysing, writing. It is called again when a
   * run is resumed, so it does only what its {@linkplain TrainedNetwork#results results} lack.
   *
   * @param configuration what the section says
   * @param network the network with the weights of the run
   * @return what people see of the section, in the report and on the terminal
   * @throws IOException if files cannot be read or written
   */
  default ReportPart followUp(C configuration, TrainedNetwork network) throws IOException {
    return ReportPart.EMPTY;
  }
}
