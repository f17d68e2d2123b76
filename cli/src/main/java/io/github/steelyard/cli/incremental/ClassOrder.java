package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.incremental.Scenario;
import java.util.ArrayList;
import java.util.List;

/**
 * In which order the classes arrive: at random by a seed, as the data set has them, or as they are
 * listed.
 *
 * @param kind where the order comes from
 * @param names the classes in their order; empty unless they are listed
 * @param seed of the random order; without effect otherwise
 */
public record ClassOrder(Kind kind, List<String> names, long seed) {
  private static final String KEY = "class_order";
  private static final String SEED = "order_seed";
  private static final long LARGEST_SEED = 0xffffffffL;

  /** Where an order comes from. */
  public enum Kind {
    /** NumPy's permutation of a seed. */
    SHUFFLED,
    /** The order of the data set. */
    DATASET,
    /** The order in the recipe. */
    LISTED
  }

  /**
   * Copies the list.
   *
   * @param kind where the order comes from
   * @param names the classes in their order; empty unless they are listed
   * @param seed of the random order
   */
  public ClassOrder {
    names = List.copyOf(names);
  }

  static ClassOrder read(Mapping section) {
    long seed = section.integer(SEED, Scenario.CUSTOMARY_SEED);
    if (seed < 0 || seed > LARGEST_SEED) {
      throw section.error(SEED, "must be from 0 to " + LARGEST_SEED + ", but is " + seed);
    }
    JsonNode written = section.get(KEY);
    ClassOrder order = read(section, written, seed);
    if (order.kind != Kind.SHUFFLED && section.has(SEED)) {
      throw section.error(
          SEED, "needs " + KEY + ": shuffled; leave it out where the order is given");
    }
    return order;
  }

  private static ClassOrder read(Mapping section, JsonNode written, long seed) {
    if (written == null || written.isNull() || written.asText().equals("shuffled")) {
      return new ClassOrder(Kind.SHUFFLED, List.of(), seed);
    }
    if (written.asText().equals("dataset")) {
      return new ClassOrder(Kind.DATASET, List.of(), seed);
    }
    List<String> names = section.names(KEY, "shuffled, dataset or a list of class names");
    return new ClassOrder(Kind.LISTED, names, seed);
  }

  /**
   * Cuts the classes of a data set into steps.
   *
   * @param data the training data
   * @param sizes how many classes each step brings
   * @return the scenario
   * @throws IllegalArgumentException if there are fewer classes, or one has no sample
   */
  Scenario scenario(Dataset data, StepSizes sizes) {
    return switch (kind) {
      case SHUFFLED -> Scenario.shuffled(data, sizes.of(data.classNames().size()), seed);
      case DATASET -> Scenario.inOrder(data, sizes.of(data.classNames().size()));
      case LISTED -> listed(sizes.of(names.size()));
    };
  }

  private Scenario listed(List<Integer> sizes) {
    List<List<String>> steps = new ArrayList<>();
    int begin = 0;
    for (int size : sizes) {
      if (size > names.size() - begin) {
        throw new IllegalArgumentException(
            "steps of "
                + sizes
                + " need more classes than the "
                + names.size()
                + " that are listed");
      }
      steps.add(names.subList(begin, begin + size));
      begin += size;
    }
    return new Scenario(steps);
  }

  void addTo(ObjectNode tree) {
    switch (kind) {
      case SHUFFLED -> tree.put(KEY, "shuffled").put(SEED, seed);
      case DATASET -> tree.put(KEY, "dataset");
      case LISTED -> tree.set(KEY, Mapping.MAPPER.valueToTree(names));
    }
  }
}
