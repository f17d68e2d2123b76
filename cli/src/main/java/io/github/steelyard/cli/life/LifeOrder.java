package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.explain.ExplainRecipe;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.section.PruningRecipe;
import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.WindowAttention;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.Quantizers;
import java.util.List;

/** What a network is after some stages, and which stages therefore cannot come next. */
final class LifeOrder {
  private final ModelRecipe recipe;
  private final Module network;
  private boolean isTrained;

  /** The stages that did it, from 1; 0 if none did. */
  private int pruned;

  private int quantized;

  /** Whether queries and keys of attentions were quantized as one product. */
  private boolean joined;

  private int extended;
  private boolean lostFilters;

  LifeOrder(ModelRecipe recipe) {
    this.recipe = recipe;
    network = Models.create(recipe.name(), recipe.options());
  }

  /** Where the last layer is. */
  String head() {
    return ClassifierHead.of(network).path();
  }

  private void requireTrained(Mapping stage, int number, String what) {
    if (!isTrained) {
      throw stage.error(
          "",
          "there is no trained network to "
              + what
              + (number == 1 ? ": put a stage {kind: train} before it" : " yet"));
    }
  }

  void train(Mapping stage, int number) {
    if (number > 1) {
      throw stage.error(
          "",
          "a network is trained once, as the first stage: prune, quantize and extend train it"
              + " further themselves, with their own optimizer and epochs; remove this stage");
    }
    isTrained = true;
  }

  void prune(Mapping stage, int number) {
    isTrained |= number == 1 && recipe.weights() != null;
    requireTrained(stage, number, "prune");
    if (quantized > 0) {
      throw stage.error(
          "",
          "cannot follow quantize (stage "
              + quantized
              + "): masks would take away levels that were learned; prune first, then quantize");
    }
    if (pruned > 0) {
      throw stage.error(
          "",
          "cannot follow prune (stage "
              + pruned
              + "): give that stage the sparsity that you want; pruning.begin_epoch and end_epoch"
              + " make it gradual");
    }
    pruned = number;
  }

  void pruned(PruningRecipe pruning) {
    lostFilters = pruning.filters().isPresent();
  }

  void quantize(Mapping stage, int number, QuantizationConfiguration configuration) {
    isTrained |= number == 1 && recipe.weights() != null;
    requireTrained(stage, number, "quantize");
    if (quantized > 0) {
      throw stage.error(
          "", "cannot follow quantize (stage " + quantized + "): choose the bits there");
    }
    Mapping own = stage.section("quantization");
    refuseLostFilters(stage, "quantize");
    if (pruned > 0 && !keepsZeros(configuration)) {
      throw own.error(
          "method",
          "must be lsq of at least 2 bits after prune (stage "
              + pruned
              + "): "
              + configuration.method()
              + " of "
              + configuration.bits().weights()
              + " bits has no level at zero, so pruned weights would not stay zero");
    }
    JsonNode product = own.get("query_key_reparameterization");
    if (product != null && product.asBoolean() && !hasAttention()) {
      throw own.error(
          "query_key_reparameterization",
          "needs attention, of which " + recipe.name() + " has none; leave the key out");
    }
    quantized = number;
    joined = configuration.queryKeyReparameterization() && hasAttention();
  }

  private static boolean keepsZeros(QuantizationConfiguration configuration) {
    LayerBits bits = configuration.bits();
    return bits.isFloat() || Quantizers.create(configuration.method(), bits.weights()).keepsZeros();
  }

  private boolean hasAttention() {
    return network.namedModules().values().stream()
        .anyMatch(module -> module instanceof Attention || module instanceof WindowAttention);
  }

  private void refuseLostFilters(Mapping stage, String what) {
    if (lostFilters) {
      throw stage.error(
          "",
          "cannot "
              + what
              + " after stage "
              + pruned
              + " has removed filters: the weights no longer fit the recipe's model; use"
              + " pruning.sparsity there instead of pruning.filters");
    }
  }

  void extend(Mapping stage, int number, List<String> known, List<String> added) {
    requireTrained(stage, number, "extend");
    if (known.isEmpty()) {
      throw stage.error(
          "classes",
          "cannot be added: the network knows all classes of the data already; name the first ones"
              + " as classes of the stage {kind: train}");
    }
    for (String name : added) {
      if (known.contains(name)) {
        throw stage.error(
            "classes",
            "'"
                + name
                + "' is known already"
                + (extended > 0 ? " since stage " + extended + " or before" : " since stage 1")
                + "; name new classes only");
      }
    }
    refuseLostFilters(stage, "extend");
    extended = number;
  }

  void requireExtending(Mapping own, IncrementalRecipe incremental) {
    if (incremental.strategies().size() != 1) {
      throw own.error("strategies", "must be one strategy: a life has one network");
    }
    String strategy = incremental.strategies().get(0);
    if (Strategies.get(strategy).samples().beginsAnew()) {
      throw own.error(
          "strategies",
          "cannot be "
              + strategy
              + ", which trains a new network in each step; choose one that extends, such as wa");
    }
  }

  void explain(Mapping stage, int number, ExplainRecipe recipe) {
    requireTrained(stage, number, "explain");
    if (joined && recipe.layers().isEmpty()) {
      throw stage.error(
          "",
          "cannot follow quantize (stage "
              + quantized
              + ") with query_key_reparameterization: queries and keys have one product there, which"
              + " is no linear layer; explain before that stage, leave the key out, or name layers"
              + " behind the attention");
    }
    stage.checked("layers", () -> recipe.layersOf(network));
  }

  void export(Mapping stage, int number, String format) {
    requireTrained(stage, number, "export");
    if (format.equals("packed") && quantized == 0) {
      throw stage.error(
          "formats",
          "packed holds integers of few bits, but the network is not quantized; put a stage {kind:"
              + " quantize} before, or choose onnx or safetensors");
    }
    if (format.equals("safetensors") && quantized > 0) {
      throw stage.error(
          "formats",
          "safetensors holds weights in full precision, but the network was quantized in stage "
              + quantized
              + "; choose packed or onnx");
    }
  }
}
