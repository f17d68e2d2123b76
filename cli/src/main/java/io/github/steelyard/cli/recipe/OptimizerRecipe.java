package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.optim.OptimizerEntry;
import io.github.steelyard.optim.Optimizers;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which optimizer a recipe uses.
 *
 * @param name its name in the table of optimizers
 * @param learningRate the learning rate; {@code lr} in a recipe
 * @param weightDecay the weight decay of parameters of two and more dimensions
 * @param options the optimizer's own options by name, all of them
 */
public record OptimizerRecipe(
    String name, double learningRate, double weightDecay, Map<String, Object> options) {
  private static final String[] OWN = {"name", "lr", "weight_decay"};

  /**
   * Copies the options.
   *
   * @param name its name in the table of optimizers
   * @param learningRate the learning rate
   * @param weightDecay the weight decay
   * @param options the optimizer's own options by name
   */
  public OptimizerRecipe {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  static OptimizerRecipe read(Mapping section) {
    String name = section.requiredText("name", "adamw");
    OptimizerEntry<?> entry = section.checked("name", () -> Optimizers.get(name));
    Record configuration = configuration(section, entry);
    return new OptimizerRecipe(
        name,
        section.rate("lr", entry.learningRate()),
        section.rate("weight_decay", entry.weightDecay()),
        Mapping.MAPPER.convertValue(configuration, new TypeReference<Map<String, Object>>() {}));
  }

  private static <C extends Record> C configuration(Mapping section, OptimizerEntry<C> entry) {
    return section.read(entry.configuration(), entry.defaults(), OWN);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode().put("name", name);
    tree.put("lr", learningRate).put("weight_decay", weightDecay);
    options.forEach((key, value) -> tree.set(key, Mapping.MAPPER.valueToTree(value)));
    return tree;
  }
}
