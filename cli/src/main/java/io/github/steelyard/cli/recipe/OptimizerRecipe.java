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
 * @param layerDecay how much of the rate is left from one layer to the one before it, in (0, 1]; 1
 *     for the same rate everywhere
 * @param options the optimizer's own options by name, all of them
 */
public record OptimizerRecipe(
    String name,
    double learningRate,
    double weightDecay,
    double layerDecay,
    Map<String, Object> options) {
  private static final String LAYER_DECAY = "layer_decay";
  private static final String[] OWN = {"name", "lr", "weight_decay", LAYER_DECAY};

  /**
   * Copies the options.
   *
   * @param name its name in the table of optimizers
   * @param learningRate the learning rate
   * @param weightDecay the weight decay
   * @param layerDecay how much of the rate is left from one layer to the one before it
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
        layerDecay(section),
        Mapping.MAPPER.convertValue(configuration, new TypeReference<Map<String, Object>>() {}));
  }

  private static double layerDecay(Mapping section) {
    double decay = section.rate(LAYER_DECAY, 1);
    if (!(decay > 0 && decay <= 1)) {
      throw section.error(
          LAYER_DECAY,
          "must be above 0 and at most 1 (0.65 to 0.8 are usual for transformers), but is "
              + decay);
    }
    return decay;
  }

  private static <C extends Record> C configuration(Mapping section, OptimizerEntry<C> entry) {
    return section.read(entry.configuration(), entry.defaults(), OWN);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode().put("name", name);
    tree.put("lr", learningRate).put("weight_decay", weightDecay);
    if (layerDecay < 1) {
      tree.put(LAYER_DECAY, layerDecay);
    }
    options.forEach((key, value) -> tree.set(key, Mapping.MAPPER.valueToTree(value)));
    return tree;
  }
}
