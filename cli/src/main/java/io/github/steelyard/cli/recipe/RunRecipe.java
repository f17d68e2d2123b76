package io.github.steelyard.cli.recipe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What a study gives to a command: the recipe of one run, or of a network's whole life. */
public interface RunRecipe {
  /**
   * Names the run's folder.
   *
   * @return letters, digits, dots, dashes and underscores
   */
  String name();

  /**
   * What is learned from, at first if more follows.
   *
   * @return the data
   */
  DataRecipe data();

  /**
   * The recipe as a file's content.
   *
   * @return YAML in UTF-8; reading it again gives this recipe
   */
  byte[] toBytes();

  /**
   * What a file of the same kind would do differently. Where it runs and where its data lie do not
   * count.
   *
   * @param written the file
   * @return such as {@code "optimizer.lr is 0.1, not 0.01"}; empty if both do the same
   * @throws IOException if the file cannot be read
   * @throws RecipeException if it is not a valid recipe of this kind
   */
  List<String> differencesOf(Path written) throws IOException;

  /**
   * Whether another recipe leads to the same numbers.
   *
   * @param other of any kind
   * @return true if nothing but names and places differs
   */
  boolean doesTheSameAs(RunRecipe other);
}
