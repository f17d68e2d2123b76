package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.MemoryConfiguration.Budget;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.Selection;
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
  private static final String STRATEGIES = "strategies";
  private static final String MEMORY = "memory";
  private static final String EXTENSIONS = "extensions";
  private static final String STARTS_TRAINED = "starts_trained";
  private static final String[] OTHERS = {
    STRATEGIES, "steps", "class_order", "order_seed", MEMORY, EXTENSIONS, STARTS_TRAINED
  };

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
   */
  public record Options(double temperature, double heldOut, Boolean restriction, String head) {
    static Options defaults() {
      IncrementalConfiguration published =
          IncrementalConfiguration.of(
              Strategies.get("wa"), UNUSED, TrainingConfiguration.ofEpochs(1));
      return new Options(published.temperature(), published.heldOut(), null, published.head());
    }
  }

  /** The memory, as it is written. */
  private record Memory(Integer total, Integer perClass, Selection selection) {}

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

  static IncrementalRecipe read(Section section) {
    Options options = section.read(Options.class, Options.defaults(), OTHERS);
    IncrementalRecipe recipe =
        new IncrementalRecipe(
            strategies(section),
            StepSizes.read(section),
            ClassOrder.read(section),
            memory(section),
            options,
            section.sections(EXTENSIONS, "[{classes: [a, b]}]", ExtensionRecipe::read),
            section.flag(STARTS_TRAINED, false));
    recipe.check(section);
    return recipe;
  }

  private static List<String> strategies(Section section) {
    JsonNode written = section.get(STRATEGIES);
    List<String> names = new ArrayList<>();
    if (written != null && written.isTextual()) {
      names.add(written.textValue());
    } else if (written != null && written.isArray()) {
      written.forEach(name -> names.add(name.asText()));
    }
    if (names.isEmpty()) {
      throw section.error(
          STRATEGIES,
          "must be one or several of "
              + String.join(", ", Strategies.all().stream().map(Strategy::name).toList())
              + ", but is "
              + (section.has(STRATEGIES) ? YamlDocument.kind(written) : "missing"));
    }
    Section below = section.below(STRATEGIES, Section.MAPPER.createObjectNode());
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      below.checked(String.valueOf(i), () -> Strategies.get(name));
      if (names.indexOf(name) < i) {
        throw below.error(String.valueOf(i), "the strategy '" + name + "' stands twice");
      }
    }
    return names;
  }

  private static Optional<MemoryConfiguration> memory(Section section) {
    if (!section.has(MEMORY)) {
      return Optional.empty();
    }
    Section below = section.section(MEMORY);
    Memory written = below.read(Memory.class, new Memory(null, null, Selection.HERDING));
    if ((written.total() == null) == (written.perClass() == null)) {
      throw below.error(
          "", "needs either total, the exemplars of all classes together, or per_class");
    }
    boolean isTotal = written.total() != null;
    return Optional.of(
        below.checked(
            isTotal ? "total" : "per_class",
            () ->
                new MemoryConfiguration(
                    isTotal ? Budget.TOTAL : Budget.PER_CLASS,
                    isTotal ? written.total() : written.perClass(),
                    written.selection())));
  }

  /** What can be checked without the data. */
  private void check(Section section) {
    for (String name : strategies) {
      section.checked(
          options.restriction() == null ? "" : "restriction",
          () -> configuration(name, TrainingConfiguration.ofEpochs(1)));
      if (memory.isEmpty() && Strategies.get(name).usesExemplars()) {
        throw section.error(
            "",
            "needs the key 'memory' for the strategy " + name + ", such as memory: {total: 200}");
      }
    }
    if (!steps.listed().isEmpty()) {
      int classes = steps.listed().stream().mapToInt(Integer::intValue).sum();
      section.checked(MEMORY, () -> requireRoom(classes));
    }
  }

  /**
   * Checks that the memory has a place for each class.
   *
   * @param classes how many classes the model knows at the end
   * @return this recipe
   * @throws IllegalArgumentException if the memory is too small
   */
  public IncrementalRecipe requireRoom(int classes) {
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
      strategy = strategy.withRestriction(options.restriction());
    }
    return new IncrementalConfiguration(
        strategy,
        memory.orElse(UNUSED),
        options.temperature(),
        options.heldOut(),
        options.head(),
        training);
  }

  /**
   * Which classes arrive in which step, those of extensions at the end.
   *
   * @param data the training data that the steps before the extensions are cut from
   * @return the scenario
   * @throws IllegalArgumentException if the data has not such classes, or one arrives twice
   */
  public Scenario scenario(Dataset data) {
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
  public IncrementalRecipe only(String name) {
    return new IncrementalRecipe(
        List.of(name), steps, order, memory, options, extensions, startsTrained);
  }

  /**
   * The same recipe with other extensions.
   *
   * @param all the steps after those of {@link #steps}
   * @return the changed recipe
   */
  public IncrementalRecipe withExtensions(List<ExtensionRecipe> all) {
    return new IncrementalRecipe(strategies, steps, order, memory, options, all, startsTrained);
  }

  ObjectNode toTree() {
    ObjectNode tree = Section.MAPPER.createObjectNode();
    tree.set(STRATEGIES, Section.MAPPER.valueToTree(strategies));
    tree.set("steps", steps.toTree());
    order.addTo(tree);
    memory.ifPresent(
        own ->
            tree.putObject(MEMORY)
                .put(own.budget() == Budget.TOTAL ? "total" : "per_class", own.size())
                .set("selection", Section.MAPPER.valueToTree(own.selection())));
    ObjectNode own = Section.MAPPER.valueToTree(options);
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
