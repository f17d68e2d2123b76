package io.github.steelyard.cli.life;

import io.github.steelyard.cli.recipe.ExplainRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One stage of a network's life.
 *
 * @param number its place in the life, from 1
 * @param kind what happens
 * @param recipe what a single command would need to do it; empty for stages that only look
 * @param explain how to explain; empty unless the stage explains
 * @param formats what to write; empty unless the stage exports
 */
public record LifeStage(
    int number,
    Kind kind,
    Optional<Recipe> recipe,
    Optional<ExplainRecipe> explain,
    List<String> formats) {

  /** What can happen to a network. */
  public enum Kind {
    /** It is trained from random weights, or from those of a file. */
    TRAIN,
    /** It is made robust and sparse. */
    PRUNE,
    /** It gets weights and activations of few bits. */
    QUANTIZE,
    /** It learns further classes. */
    EXTEND,
    /** It is looked into. */
    EXPLAIN,
    /** It is written to files for other programs. */
    EXPORT;

    /**
     * As recipes write it.
     *
     * @return such as {@code train}
     */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether it changes the network.
     *
     * @return false for stages that only look
     */
    public boolean changesNetwork() {
      return this != EXPLAIN && this != EXPORT;
    }
  }

  /**
   * Copies the list.
   *
   * @param number its place in the life, from 1
   * @param kind what happens
   * @param recipe what a single command would need
   * @param explain how to explain
   * @param formats what to write
   */
  public LifeStage {
    formats = List.copyOf(formats);
  }

  /**
   * The folder's name.
   *
   * @return such as {@code 2-prune}
   */
  public String folder() {
    return number + "-" + kind.key();
  }
}
