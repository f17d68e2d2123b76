package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.data.Datasets;
import java.util.List;

/**
 * A step that was added to a finished run.
 *
 * @param classes the names of the classes that it brings
 * @param dataset the data set that they come from, or null for that of the recipe
 * @param folder where its files are, or null where it needs none or is that of the recipe
 */
public record ExtensionRecipe(List<String> classes, String dataset, String folder) {
  /**
   * Copies the list.
   *
   * @param classes the names of the classes that it brings
   * @param dataset the data set that they come from, or null
   * @param folder where its files are, or null
   */
  public ExtensionRecipe {
    classes = List.copyOf(classes);
  }

  static ExtensionRecipe read(Mapping section) {
    section.allowOnly(List.of("classes", "dataset", "folder"));
    String dataset = section.text("dataset", null);
    if (dataset != null) {
      section.checked("dataset", () -> Datasets.get(dataset));
    }
    String folder = section.text("folder", null);
    if (folder != null && dataset == null) {
      throw section.error("folder", "needs the key 'dataset' beside it");
    }
    return new ExtensionRecipe(section.names("classes", "a list of class names"), dataset, folder);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.set("classes", Mapping.MAPPER.valueToTree(classes));
    if (dataset != null) {
      tree.put("dataset", dataset);
    }
    if (folder != null) {
      tree.put("folder", folder);
    }
    return tree;
  }
}
