package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.explain.ExplainRecipe;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.life.LifeStage.Kind;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Overrides;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.RecipeSections;
import io.github.steelyard.cli.section.PruningRecipe;
import io.github.steelyard.cli.section.QuantizationRecipe;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the stages of a life one after another. Each becomes the recipe of a single command, with
 * what earlier stages decided filled in: the classes known by then, the masks, the quantizers.
 */
final class LifeStages {
  private static final String DATA = "data";
  private static final String CLASSES = "classes";
  private static final String COMPANDER = "compander";
  private static final String PRUNING = "pruning";
  private static final String QUANTIZATION = "quantization";
  private static final String INCREMENTAL = "incremental";
  private static final List<String> FORMATS = List.of("packed", "onnx", "safetensors");

  private final Mapping root;
  private final String name;
  private final LifeOrder order;
  private final RecipeSections sections = RecipeSections.load();
  private final StageKeys keys = new StageKeys(sections);
  private int number;

  /** The classes known so far; empty for all of the data. */
  private List<String> classes = List.of();

  /** The pruning that later stages must keep, if the network was pruned. */
  private Optional<ObjectNode> masks = Optional.empty();

  /** The quantizers that later stages must keep, if the network was quantized. */
  private Optional<ObjectNode> quantizers = Optional.empty();

  LifeStages(Mapping root, String name) {
    this.root = root;
    this.name = name;
    order = new LifeOrder(ModelRecipe.read(root.section("model")));
  }

  /** Reads the next stage. */
  LifeStage read(Mapping stage) {
    number++;
    Kind kind = kind(stage);
    keys.require(stage, kind);
    return switch (kind) {
      case TRAIN -> train(stage);
      case PRUNE -> prune(stage);
      case QUANTIZE -> quantize(stage);
      case EXTEND -> extend(stage);
      case EXPLAIN -> explain(stage);
      case EXPORT -> export(stage);
    };
  }

  private static Kind kind(Mapping stage) {
    String written = stage.requiredText("kind", "train");
    List<String> known = Arrays.stream(Kind.values()).map(Kind::key).toList();
    return Arrays.stream(Kind.values())
        .filter(kind -> kind.key().equals(written))
        .findFirst()
        .orElseThrow(
            () ->
                stage.error(
                    "kind",
                    "there is no stage '" + written + "'" + Suggestion.clause(written, known)));
  }

  private LifeStage train(Mapping stage) {
    order.train(stage, number);
    if (stage.has(CLASSES)) {
      classes = stage.names(CLASSES, "a list of class names");
      if (classes.size() < 2) {
        throw stage.error(CLASSES, "must name at least two classes to tell apart");
      }
    }
    ObjectNode tree = tree(stage, Kind.TRAIN);
    if (root.section("model").has("weights")) {
      tree.withObject("/model").set("weights", root.section("model").get("weights"));
    }
    return changing(stage, Kind.TRAIN, tree);
  }

  private LifeStage prune(Mapping stage) {
    order.prune(stage, number);
    requireSection(stage, PRUNING, "{sparsity: 0.9}");
    LifeStage read = changing(stage, Kind.PRUNE, tree(stage, Kind.PRUNE));
    PruningRecipe pruning = section(read, PruningRecipe.class);
    order.pruned(pruning);
    masks = pruning.zeros().map(Mapping.MAPPER::valueToTree);
    return read;
  }

  private LifeStage quantize(Mapping stage) {
    requireSection(stage, QUANTIZATION, "{weight_bits: 4, activation_bits: 4}");
    ObjectNode tree = tree(stage, Kind.QUANTIZE);
    masks.ifPresent(own -> tree.set(PRUNING, own.deepCopy()));
    LifeStage read = changing(stage, Kind.QUANTIZE, tree);
    QuantizationRecipe quantization = section(read, QuantizationRecipe.class);
    order.quantize(stage, number, quantization.configuration());
    ObjectNode kept = quantization.toTree();
    kept.remove(List.of("annealing", "freezing"));
    kept.put("oscillation", "none");
    quantizers = Optional.of(kept);
    return read;
  }

  private LifeStage extend(Mapping stage) {
    List<String> added = stage.names(CLASSES, "a list of class names");
    order.extend(stage, number, classes, added);
    if (masks.isPresent() || quantizers.isPresent()) {
      refuseBelow(stage);
    }
    Mapping own = stage.section(INCREMENTAL);
    for (String decided : List.of("steps", "class_order", "order_seed", "extensions")) {
      if (own.has(decided)) {
        throw own.error(decided, "is decided by the stages and their classes; leave the key out");
      }
    }
    masks.ifPresent(kept -> openHead(kept.withArray("except")));
    quantizers.ifPresent(
        kept ->
            openHead(kept.withArray("layers"), new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT)));
    ObjectNode tree = tree(stage, Kind.EXTEND);
    tree.withObject("/data").remove(CLASSES);
    masks.ifPresent(kept -> tree.set(PRUNING, kept.deepCopy()));
    quantizers.ifPresent(kept -> tree.set(QUANTIZATION, kept.deepCopy()));
    tree.set(INCREMENTAL, incremental(own, added));
    LifeStage read = changing(stage, Kind.EXTEND, tree);
    order.requireExtending(own, section(read, IncrementalRecipe.class));
    List<String> all = new ArrayList<>(classes);
    all.addAll(added);
    classes = all;
    return read;
  }

  /** The network keeps its masks and quantizers, so that nothing can be put below them. */
  private void refuseBelow(Mapping stage) {
    List<String> maps = new ArrayList<>(List.of(COMPANDER));
    maps.addAll(sections.keysOf(RecipeSection.Place.ADD));
    for (String key : maps) {
      if (stage.has(key)) {
        throw stage.error(
            key,
            "cannot come after prune or quantize, whose masks and quantizers the network keeps: it"
                + " belongs below them, so use it in stages before or in those themselves");
      }
    }
  }

  /** New rows have no mask: the last layer is a plain one from now on. */
  private void openHead(ArrayNode except) {
    List<String> there = new ArrayList<>();
    except.forEach(pattern -> there.add(pattern.asText()));
    if (!there.contains(order.head())) {
      except.add(order.head());
    }
  }

  /** New rows have no learned scale: the last layer is in floating point from now on. */
  private void openHead(ArrayNode rules, LayerBits floating) {
    for (JsonNode rule : rules) {
      if (rule.path("pattern").asText().equals(order.head())
          && rule.path("weight_bits").asInt() == floating.weights()) {
        return;
      }
    }
    rules
        .addObject()
        .put("pattern", order.head())
        .put("weight_bits", floating.weights())
        .put("activation_bits", floating.activations());
  }

  private ObjectNode incremental(Mapping own, List<String> added) {
    ObjectNode tree = own.node().deepCopy();
    if (!own.has("strategies")) {
      tree.put("strategies", "wa");
    }
    if (!own.has("memory")) {
      tree.putObject("memory").put("per_class", 20);
    }
    if (!own.has("restriction")) {
      // The rows that are there were trained without it, and clipping would change them.
      tree.put("restriction", false);
    }
    tree.putArray("steps").add(classes.size()).add(added.size());
    ArrayNode names = tree.putArray("class_order");
    classes.forEach(names::add);
    added.forEach(names::add);
    return tree.put("starts_trained", true);
  }

  private LifeStage explain(Mapping stage) {
    ExplainRecipe recipe =
        stage.without("kind").read(ExplainRecipe.class, ExplainRecipe.defaults());
    order.explain(stage, number, recipe);
    return new LifeStage(number, Kind.EXPLAIN, Optional.empty(), Optional.of(recipe), List.of());
  }

  private LifeStage export(Mapping stage) {
    JsonNode written = stage.get("formats");
    List<String> formats = new ArrayList<>();
    if (written instanceof ArrayNode list) {
      list.forEach(format -> formats.add(format.asText()));
    } else if (written != null && written.isTextual()) {
      formats.add(written.textValue());
    }
    if (formats.isEmpty()) {
      throw stage.error(
          "formats", "must be a list of " + String.join(", ", FORMATS) + ", such as [onnx]");
    }
    for (String format : formats) {
      if (!FORMATS.contains(format)) {
        throw stage.error(
            "formats", "there is no format '" + format + "'" + Suggestion.clause(format, FORMATS));
      }
      order.export(stage, number, format);
    }
    return new LifeStage(number, Kind.EXPORT, Optional.empty(), Optional.empty(), formats);
  }

  private static void requireSection(Mapping stage, String key, String example) {
    if (!stage.has(key)) {
      throw stage.error("", "needs the section '" + key + "', such as " + key + ": " + example);
    }
  }

  /** What the life shares and the stage says, as the recipe of a single command has it. */
  private ObjectNode tree(Mapping stage, Kind kind) {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.put("name", name + "-" + number + "-" + kind.key());
    for (String key : List.of("seed", "device", "model", DATA)) {
      if (root.has(key)) {
        tree.set(key, root.node().get(key).deepCopy());
      }
    }
    if (tree.get("model") instanceof ObjectNode model) {
      model.remove("weights");
    }
    ObjectNode data = tree.withObject("/data");
    Overrides.merge(data, stage.section(DATA).node());
    if (!classes.isEmpty()) {
      data.set(CLASSES, Mapping.MAPPER.valueToTree(classes));
    }
    for (String key : keys.of(kind)) {
      if (!key.equals(DATA) && !key.equals(CLASSES) && stage.has(key)) {
        tree.set(key, stage.node().get(key).deepCopy());
      }
    }
    return tree;
  }

  private static <C> C section(LifeStage stage, Class<C> type) {
    return stage.recipe().flatMap(recipe -> recipe.section(type)).orElseThrow();
  }

  private LifeStage changing(Mapping stage, Kind kind, ObjectNode tree) {
    Recipe recipe = Recipe.read(stage.asRoot(tree), name);
    return new LifeStage(number, kind, Optional.of(recipe), Optional.empty(), List.of());
  }
}
