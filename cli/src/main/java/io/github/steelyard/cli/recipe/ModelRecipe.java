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
 */
public record ModelRecipe(String name, ModelOptions options, String weights) {
  public static ModelRecipe read(Mapping section) {
    String name = section.requiredText("name", "resnet20");
    ModelEntry entry = section.checked("name", () -> Models.get(name));
    Set<String> known = entry.defaults().chosen().keySet();
    List<String> valid = new ArrayList<>(List.of("name", "weights"));
    known.forEach(option -> valid.add(Mapping.snakeCase(option)));
    section.allowOnly(valid);
    ModelOptions options = section.read(ModelOptions.class, ModelOptions.none(), "name", "weights");
    return new ModelRecipe(name, options, section.text("weights", null));
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
    return tree;
  }
}
