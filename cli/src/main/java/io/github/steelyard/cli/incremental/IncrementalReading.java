package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.incremental.IncrementalRecipe.Options;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.incremental.HeadBias;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.MemoryConfiguration.Budget;
import io.github.steelyard.incremental.Selection;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.Strategy;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the section {@code incremental} and checks what can be checked without the data. */
final class IncrementalReading {
  private static final String[] OTHERS = {
    IncrementalRecipe.STRATEGIES,
    "steps",
    "class_order",
    "order_seed",
    IncrementalRecipe.MEMORY,
    IncrementalRecipe.EXTENSIONS,
    IncrementalRecipe.STARTS_TRAINED
  };

  private IncrementalReading() {}

  /** The memory, as it is written. */
  private record Memory(Integer total, Integer perClass, Selection selection) {}

  static IncrementalRecipe read(Mapping section) {
    Options options = section.read(Options.class, Options.defaults(), OTHERS);
    IncrementalRecipe recipe =
        new IncrementalRecipe(
            strategies(section),
            StepSizes.read(section),
            ClassOrder.read(section),
            memory(section),
            options,
            section.sections(
                IncrementalRecipe.EXTENSIONS, "[{classes: [a, b]}]", ExtensionRecipe::read),
            section.flag(IncrementalRecipe.STARTS_TRAINED, false));
    check(recipe, section);
    return recipe;
  }

  private static List<String> strategies(Mapping section) {
    JsonNode written = section.get(IncrementalRecipe.STRATEGIES);
    List<String> names = new ArrayList<>();
    if (written != null && written.isTextual()) {
      names.add(written.textValue());
    } else if (written != null && written.isArray()) {
      written.forEach(name -> names.add(name.asText()));
    }
    if (names.isEmpty()) {
      throw section.error(
          IncrementalRecipe.STRATEGIES,
          "must be one or several of "
              + String.join(", ", Strategies.all().stream().map(Strategy::name).toList())
              + ", but is "
              + (section.has(IncrementalRecipe.STRATEGIES)
                  ? YamlDocument.kind(written)
                  : "missing"));
    }
    Mapping below = section.below(IncrementalRecipe.STRATEGIES, Mapping.MAPPER.createObjectNode());
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      below.checked(String.valueOf(i), () -> Strategies.get(name));
      if (names.indexOf(name) < i) {
        throw below.error(String.valueOf(i), "the strategy '" + name + "' stands twice");
      }
    }
    return names;
  }

  private static Optional<MemoryConfiguration> memory(Mapping section) {
    if (!section.has(IncrementalRecipe.MEMORY)) {
      return Optional.empty();
    }
    Mapping below = section.section(IncrementalRecipe.MEMORY);
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

  private static void check(IncrementalRecipe recipe, Mapping section) {
    for (String name : recipe.strategies()) {
      String key = recipe.options().restriction() == null ? "" : "restriction";
      section.checked(
          recipe.options().headBias() == HeadBias.ALIGNED ? "head_bias" : key,
          () -> recipe.configuration(name, TrainingConfiguration.ofEpochs(1)));
      if (recipe.memory().isEmpty() && Strategies.get(name).usesExemplars()) {
        throw section.error(
            "",
            "needs the key 'memory' for the strategy " + name + ", such as memory: {total: 200}");
      }
    }
    if (!recipe.steps().listed().isEmpty()) {
      int classes = recipe.steps().listed().stream().mapToInt(Integer::intValue).sum();
      section.checked(IncrementalRecipe.MEMORY, () -> recipe.requireRoom(classes));
    }
  }
}
