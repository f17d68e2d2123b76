package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What one run does: a recipe of any kind, with every default filled in. */
public interface RunRecipe {
  /**
   * Names the run's folder.
   *
   * @return letters, digits, dots, dashes and underscores
   */
  String name();

  /**
   * What the run is for.
   *
   * @return a text, may be empty
   */
  String description();

  /**
   * What is learned from, at first if more follows.
   *
   * @return the data; empty if the run learns from none
   */
  default Optional<DataRecipe> learnsFrom() {
    return Optional.empty();
  }

  /**
   * The recipe as it is written.
   *
   * @return a tree; reading it again gives this recipe
   */
  ObjectNode toTree();

  /**
   * The recipe as a text.
   *
   * @return YAML; reading it again gives this recipe
   */
  default String toYaml() {
    return RecipeTree.toYaml(toTree());
  }

  /**
   * The recipe as a file's content.
   *
   * @return YAML in UTF-8
   */
  default byte[] toBytes() {
    return toYaml().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * What another recipe would do differently. Names, and where the run, its data and the network
   * that it begins with are, do not count.
   *
   * @param other the other recipe
   * @return such as {@code "optimizer.lr is 0.1, not 0.01"}; empty if both do the same
   */
  default List<String> differences(RunRecipe other) {
    return RecipeTree.differences(toTree(), other.toTree());
  }
}
