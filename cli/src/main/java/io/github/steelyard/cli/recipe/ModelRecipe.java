package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.nn.models.ModelEntry;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which model a recipe trains.
 *
 * @param name its name in the register of models
 * @param options what differs from the model's defaults; what the data decides (classes, channels,
 *     image size) is filled in when the data is open
 * @param weights a safetensors file to start from, or null for random weights
 * @param strict whether the file must have exactly the model's names and shapes
 */
public record ModelRecipe(String name, ModelOptions options, String weights, boolean strict) {
  /**
   * A model whose weights, if any, are brought into its names and shapes.
   *
   * @param name its name in the register of models
   * @param options what differs from the model's defaults
   * @param weights a safetensors file to start from, or null for random weights
   */
  public ModelRecipe(String name, ModelOptions options, String weights) {
    this(name, options, weights, false);
  }

  /**
   * The same model and weights with other options.
   *
   * @param other the options
   * @return the changed recipe
   */
  public ModelRecipe withOptions(ModelOptions other) {
    return new ModelRecipe(name, other, weights, strict);
  }

  /**
   * Reads the section {@code model}.
   *
   * @param section what is written
   * @return what it says
   * @throws RecipeException if a key or value is wrong, or there is no such model
   */
  public static ModelRecipe read(Mapping section) {
    String name = section.requiredText("name", "resnet20");
    ModelEntry entry = section.checked("name", () -> Models.get(name));
    Set<String> known = entry.defaults().chosen().keySet();
    List<String> valid = new ArrayList<>(List.of("name", "weights", "strict"));
    known.forEach(option -> valid.add(Mapping.snakeCase(option)));
    section.allowOnly(valid);
    ModelOptions options =
        section.read(ModelOptions.class, ModelOptions.none(), "name", "weights", "strict");
    return new ModelRecipe(
        name, options, section.text("weights", null), section.flag("strict", false));
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode().put("name", name);
    options
        .chosen()
        .forEach(
            (key, value) -> tree.set(Mapping.snakeCase(key), Mapping.MAPPER.valueToTree(value)));
    if (weights != null) {
      tree.put("weights", weights);
    }
    if (strict) {
      tree.put("strict", true);
    }
    return tree;
  }
}
