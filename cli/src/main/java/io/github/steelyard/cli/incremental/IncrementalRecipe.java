package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.incremental.HeadBias;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.MemoryConfiguration.Budget;
import io.github.steelyard.incremental.Restrictions;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.Strategy;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a recipe learns class by class.
 *
 * @param strategies the names of the strategies, each run on the same steps
 * @param steps how many classes each step brings
 * @param order in which order the classes arrive
 * @param memory the exemplars; may be empty if no strategy keeps any
 * @param options what the strategies can be told
 * @param extensions steps that came later, perhaps of other data
 * @param startsTrained whether the first step is a network that was trained before, as in a life
 */
public record IncrementalRecipe(
    List<String> strategies,
    StepSizes steps,
    ClassOrder order,
    Optional<MemoryConfiguration> memory,
    Options options,
    List<ExtensionRecipe> extensions,
    boolean startsTrained) {
  static final String STRATEGIES = "strategies";
  static final String MEMORY = "memory";
  static final String EXTENSIONS = "extensions";
  static final String STARTS_TRAINED = "starts_trained";

  /** Has no effect on a strategy without exemplars. */
  private static final MemoryConfiguration UNUSED = MemoryConfiguration.perClass(1);

  /**
   * What the strategies can be told.
   *
   * @param temperature of the distillation
   * @param heldOut the share that bias correction fits on
   * @param restriction whether the last layer's weight is kept non-negative; null for each
   *     strategy's own choice
   * @param head the last layer's path; empty to find it
   * @param headBias what becomes of the last layer's biases
   */
  record Options(
      double temperature, double heldOut, Boolean restriction, String head, HeadBias headBias) {
    static Options defaults() {
      IncrementalConfiguration published =
          IncrementalConfiguration.of(
              Strategies.get("wa"), UNUSED, TrainingConfiguration.ofEpochs(1));
      return new Options(
          published.temperature(),
          published.heldOut(),
          null,
          published.head(),
          published.headBias());
    }
  }

  /**
   * Copies the lists.
   *
   * @param strategies the names of the strategies
   * @param steps how many classes each step brings
   * @param order in which order the classes arrive
   * @param memory the exemplars
   * @param options what the strategies can be told
   * @param extensions steps that came later
   * @param startsTrained whether the first step is a network that was trained before
   */
  public IncrementalRecipe {
    strategies = List.copyOf(strategies);
    extensions = List.copyOf(extensions);
  }

  /**
   * Checks that the memory has a place for each class.
   *
   * @param classes how many classes the model knows at the end
   * @return this recipe
   * @throws IllegalArgumentException if the memory is too small
   */
  IncrementalRecipe requireRoom(int classes) {
    for (String name : strategies) {
      configuration(name, TrainingConfiguration.ofEpochs(1)).quota(classes);
    }
    return this;
  }

  /**
   * How one strategy learns.
   *
   * @param name one of {@link #strategies}
   * @param training how each step is trained
   * @return the configuration
   * @throws IllegalArgumentException if an option is out of range
   */
  public IncrementalConfiguration configuration(String name, TrainingConfiguration training) {
    Strategy strategy = Strategies.get(name);
    if (options.restriction() != null) {
      strategy =
          strategy.withRestriction(
              options.restriction() ? Restrictions.NON_NEGATIVE : Restrictions.NONE);
    }
    return new IncrementalConfiguration(
        strategy,
        memory.orElse(UNUSED),
        options.temperature(),
        options.heldOut(),
        options.head(),
        options.headBias(),
        training);
  }

  /**
   * Which classes arrive in which step, those of extensions at the end.
   *
   * @param data the training data that the steps before the extensions are cut from
   * @return the scenario
   * @throws IllegalArgumentException if the data has not such classes, or one arrives twice
   */
  Scenario scenario(Dataset data) {
    List<List<String>> all = new ArrayList<>(order.scenario(data, steps).steps());
    extensions.forEach(extension -> all.add(extension.classes()));
    return new Scenario(all);
  }

  /**
   * The same recipe for one of its strategies.
   *
   * @param name the strategy
   * @return the changed recipe
   */
  IncrementalRecipe only(String name) {
    return new IncrementalRecipe(
        List.of(name), steps, order, memory, options, extensions, startsTrained);
  }

  /**
   * The same recipe with other extensions.
   *
   * @param all the steps after those of {@link #steps}
   * @return the changed recipe
   */
  IncrementalRecipe withExtensions(List<ExtensionRecipe> all) {
    return new IncrementalRecipe(strategies, steps, order, memory, options, all, startsTrained);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.set(STRATEGIES, Mapping.MAPPER.valueToTree(strategies));
    tree.set("steps", steps.toTree());
    order.addTo(tree);
    memory.ifPresent(
        own ->
            tree.putObject(MEMORY)
                .put(own.budget() == Budget.TOTAL ? "total" : "per_class", own.size())
                .set("selection", Mapping.MAPPER.valueToTree(own.selection())));
    ObjectNode own = Mapping.MAPPER.valueToTree(options);
    if (options.restriction() == null) {
      own.remove("restriction");
    }
    tree.setAll(own);
    if (startsTrained) {
      tree.put(STARTS_TRAINED, true);
    }
    if (!extensions.isEmpty()) {
      ArrayNode list = tree.putArray(EXTENSIONS);
      extensions.forEach(extension -> list.add(extension.toTree()));
    }
    return tree;
  }
}
