package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.data.ClassBalance;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much the classes count in a loss, as a recipe says it: {@code balanced}, a list of numbers in
 * the order of the classes, or numbers by the classes' names, of which those that are not named
 * count 1.
 *
 * @param balanced whether they follow the numbers of training samples
 * @param inOrder in the order of the classes; empty if they are not listed
 * @param byName by the classes' names; empty if they are not named
 */
public record ClassWeights(boolean balanced, List<Double> inOrder, Map<String, Double> byName) {
  private static final String KEY = "class_weights";
  private static final String BALANCED = "balanced";
  private static final int MOST_NAMED = 24;
  private static final String EXPECTED =
      "must be balanced, a list of numbers such as [1, 2.5], or numbers by class such as {cat: 2.5}";

  static ClassWeights read(Mapping section) {
    JsonNode written = section.get(KEY);
    if (written.isTextual() && written.textValue().equals(BALANCED)) {
      return new ClassWeights(true, List.of(), Map.of());
    }
    if (!written.isContainerNode() || written.isEmpty()) {
      String found =
          written.isTextual()
              ? "'" + written.textValue() + "'"
              : written.isContainerNode() ? "empty" : YamlDocument.kind(written);
      throw section.error(KEY, EXPECTED + ", but is " + found);
    }
    Mapping below = section.below(KEY, Mapping.MAPPER.createObjectNode());
    List<Double> inOrder = new ArrayList<>();
    Map<String, Double> byName = new LinkedHashMap<>();
    if (written.isArray()) {
      for (int c = 0; c < written.size(); c++) {
        inOrder.add(weight(below, String.valueOf(c), written.get(c)));
      }
    } else {
      written
          .properties()
          .forEach(
              entry -> byName.put(entry.getKey(), weight(below, entry.getKey(), entry.getValue())));
    }
    return new ClassWeights(false, inOrder, byName);
  }

  private static double weight(Mapping below, String key, JsonNode value) {
    if (!value.isNumber()) {
      throw below.error(key, "must be a number, but is " + YamlDocument.kind(value));
    }
    if (!(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
      throw below.error(
          key,
          "must be above 0, but is "
              + value.asText()
              + "; data.classes leaves classes out altogether");
    }
    return value.doubleValue();
  }

  /**
   * The numbers.
   *
   * @param training what is trained on
   * @return one for each class in the order of the labels
   * @throws UsageException if the classes of the data are others, or one has no sample to weigh
   */
  public List<Double> of(Dataset training) {
    List<String> classes = training.classNames();
    if (balanced) {
      return UsageException.unless(() -> ClassBalance.weights(training));
    }
    if (!inOrder.isEmpty() && inOrder.size() != classes.size()) {
      throw new UsageException(
          "loss.class_weights has %d numbers, but the data has %d classes%s"
              .formatted(
                  inOrder.size(),
                  classes.size(),
                  classes.size() > MOST_NAMED ? "" : ": " + String.join(", ", classes)));
    }
    for (String name : byName.keySet()) {
      if (!classes.contains(name)) {
        throw new UsageException(
            "loss.class_weights names the class '"
                + name
                + "', which the data does not have"
                + Suggestion.clause(name, classes));
      }
    }
    return inOrder.isEmpty()
        ? classes.stream().map(name -> byName.getOrDefault(name, 1.0)).toList()
        : inOrder;
  }

  JsonNode toTree() {
    if (balanced) {
      return Mapping.MAPPER.getNodeFactory().textNode(BALANCED);
    }
    return Mapping.MAPPER.valueToTree(inOrder.isEmpty() ? byName : inOrder);
  }
}
