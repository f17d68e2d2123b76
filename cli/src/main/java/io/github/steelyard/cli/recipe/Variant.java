package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A recipe's file with its quick variant applied or left out, and further changes.
 *
 * @param root the keys and values
 */
public record Variant(Mapping root) {
  private static final String QUICK = "quick";

  /**
   * The whole recipe, or its quick variant.
   *
   * @param document the file
   * @param quick whether to use its quick variant
   * @return the variant
   */
  public static Variant of(YamlDocument document, boolean quick) {
    ObjectNode root = document.root().deepCopy();
    Origins origins = document.origins();
    ObjectNode small = new Mapping(root, "", origins).section(QUICK).node();
    root.remove(QUICK);
    if (quick) {
      Overrides.merge(root, small);
      origins = origins.moved(QUICK, "");
    }
    return new Variant(new Mapping(root, "", origins));
  }

  /**
   * The same with the changes of a study.
   *
   * @param changes one after another
   * @return the changed variant
   */
  public Variant changed(List<RecipeChange> changes) {
    Origins origins = root.origins();
    for (RecipeChange change : changes) {
      Overrides.merge(root.node(), change.values());
      origins = origins.under(change.origins(), change.path());
    }
    return new Variant(new Mapping(root.node(), "", origins));
  }

  /**
   * The same with what stands behind {@code --set}.
   *
   * @param settings such as {@code optimizer.lr=0.01}
   * @return the changed variant
   */
  public Variant set(List<String> settings) {
    Overrides.set(root.node(), settings, root.origins());
    if (root.node().has(QUICK)) {
      throw root.error(QUICK, "must be set in the file; --set changes the variant in use");
    }
    return this;
  }
}
