package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.quant.ConfidenceGuidedAnnealingConfiguration;
import io.github.steelyard.quant.IterativeFreezingConfiguration;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.LayerRule;
import io.github.steelyard.quant.Lsq;
import io.github.steelyard.quant.OscillationTrackingConfiguration;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizerEntry;
import io.github.steelyard.quant.Quantizers;
import io.github.steelyard.quant.ScaleRate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * How a recipe quantizes its model.
 *
 * @param configuration bits and methods
 * @param annealing confidence-guided annealing in the last epochs, if any
 * @param freezing iterative freezing, if any; not together with annealing
 * @param oscillation what is recorded of oscillating weights; empty for nothing
 * @param scaleRate how fast the learned scales of weights move, relative to the optimizer's rate;
 *     at least 0
 * @param calibrationSamples how many training samples give the activations' first scales
 */
public record QuantizationRecipe(
    QuantizationConfiguration configuration,
    Optional<ConfidenceGuidedAnnealingConfiguration> annealing,
    Optional<IterativeFreezingConfiguration> freezing,
    Optional<OscillationTrackingConfiguration> oscillation,
    double scaleRate,
    int calibrationSamples) {
  private static final int USUAL_CALIBRATION = 64;
  private static final String NONE = "none";
  private static final String SCALE_RATE = "scale_rate";

  /** What stands in the section itself, beside what is below it. */
  private record Own(
      int weightBits,
      int activationBits,
      String method,
      Boolean queryKeyReparameterization,
      double scaleRate,
      int calibrationSamples) {}

  /** The bits of the edges, or of the layers that match a pattern. */
  private record Bits(int weightBits, int activationBits) {}

  /** One of the rules. */
  private record Rule(String pattern, Integer weightBits, Integer activationBits) {}

  static QuantizationRecipe read(Mapping section) {
    Own own =
        section.read(
            Own.class,
            new Own(0, 0, "statsq", null, 1, USUAL_CALIBRATION),
            "edges",
            "layers",
            "annealing",
            "freezing",
            "oscillation");
    require(section, "weight_bits");
    require(section, "activation_bits");
    if (own.calibrationSamples() < 1) {
      throw section.error(
          "calibration_samples",
          "must be at least 1, but is "
              + own.calibrationSamples()
              + "; it cannot be 0 for all, because they go through the network at once");
    }
    QuantizerEntry<?> quantizer =
        section.checked("method", () -> Quantizers.get(own.method().toLowerCase(Locale.ROOT)));
    boolean reparameterization =
        own.queryKeyReparameterization() == null
            ? quantizer.quantizesProducts()
            : own.queryKeyReparameterization();
    LayerBits bits = bits(section, own.weightBits(), own.activationBits());
    Mapping edges = section.section("edges");
    Bits edge = edges.read(Bits.class, new Bits(8, 8));
    LayerBits edgeBits = bits(edges, edge.weightBits(), edge.activationBits());
    List<LayerRule> rules =
        section.sections(
            "layers", "[{pattern: 'blocks.*.mlp.*', weight_bits: 4}]", below -> rule(below, bits));
    QuantizationConfiguration configuration =
        section.checked(
            reparameterization ? "query_key_reparameterization" : "",
            () ->
                new QuantizationConfiguration(
                    bits, quantizer.name(), reparameterization, edgeBits, rules));
    QuantizationRecipe recipe =
        new QuantizationRecipe(
            configuration,
            optional(section, "annealing", QuantizationRecipe::annealing),
            optional(
                section,
                "freezing",
                below ->
                    below.read(
                        IterativeFreezingConfiguration.class,
                        IterativeFreezingConfiguration.defaults())),
            oscillation(section),
            own.scaleRate(),
            own.calibrationSamples());
    recipe.requireConsistent(section);
    return recipe;
  }

  private static void require(Mapping section, String key) {
    if (!section.has(key)) {
      throw section.error("", "needs the key '" + key + "', such as " + key + ": 2");
    }
  }

  private static LayerBits bits(Mapping section, int weights, int activations) {
    String key = section.has("weight_bits") ? "weight_bits" : "";
    // Weights are checked alone first, so that the message points to the right key.
    section.checked(key, () -> new LayerBits(weights, LayerBits.FLOAT));
    return section.checked(
        section.has("activation_bits") ? "activation_bits" : "",
        () -> new LayerBits(weights, activations));
  }

  private static LayerRule rule(Mapping section, LayerBits usual) {
    Rule rule = section.read(Rule.class, new Rule(null, usual.weights(), usual.activations()));
    String pattern = section.requiredText("pattern", "blocks.*.mlp.*");
    LayerBits bits = bits(section, rule.weightBits(), rule.activationBits());
    return section.checked("pattern", () -> new LayerRule(pattern, bits));
  }

  private static <T> Optional<T> optional(
      Mapping section, String key, Function<Mapping, T> reading) {
    return section.has(key) ? Optional.of(reading.apply(section.section(key))) : Optional.empty();
  }

  private static ConfidenceGuidedAnnealingConfiguration annealing(Mapping section) {
    ConfidenceGuidedAnnealingConfiguration annealing =
        section.read(
            ConfidenceGuidedAnnealingConfiguration.class,
            ConfidenceGuidedAnnealingConfiguration.of(1));
    require(section, "epochs");
    return annealing;
  }

  private static Optional<OscillationTrackingConfiguration> oscillation(Mapping section) {
    JsonNode written = section.get("oscillation");
    if (written != null && written.isTextual() && written.textValue().equals(NONE)) {
      return Optional.empty();
    }
    if (written != null && !written.isNull() && !written.isObject()) {
      throw section.error(
          "oscillation",
          "must be a mapping such as {every: 10}, or none, but is " + YamlDocument.kind(written));
    }
    return Optional.of(
        section
            .section("oscillation")
            .read(OscillationTrackingConfiguration.class, OscillationTrackingConfiguration.of(10)));
  }

  private void requireConsistent(Mapping section) {
    section.checked(SCALE_RATE, () -> new ScaleRate(scaleRate));
    if (scaleRate != 1 && Quantizers.get(configuration.method()).type() != Lsq.class) {
      throw section.error(
          SCALE_RATE,
          "needs method: lsq, since the scales of " + configuration.method() + " are not learned");
    }
    if (annealing.isPresent() && freezing.isPresent()) {
      throw section.error(
          "freezing", "excludes annealing: both decide which weights move; remove one of them");
    }
    if (freezing.isPresent() && !Quantizers.get(configuration.method()).freezes()) {
      throw section.error(
          "freezing",
          "needs method: lsq, since single integers of "
              + configuration.method()
              + " cannot be held");
    }
  }

  /** Refuses epochs that the training has not. */
  void check(Mapping section, int epochs) {
    if (annealing.isPresent() && annealing.get().epochs() > epochs) {
      throw section
          .section("annealing")
          .error(
              "epochs",
              "must be at most train.epochs, which is "
                  + epochs
                  + ", but is "
                  + annealing.get().epochs());
    }
  }

  /**
   * The section as it is written.
   *
   * @return reading it again gives this one
   */
  public ObjectNode toTree() {
    ObjectNode tree = bits(configuration.bits());
    tree.put("method", configuration.method());
    tree.put("query_key_reparameterization", configuration.queryKeyReparameterization());
    tree.set("edges", bits(configuration.edges()));
    ArrayNode layers = tree.putArray("layers");
    for (LayerRule rule : configuration.rules()) {
      layers.addObject().put("pattern", rule.layers()).setAll(bits(rule.bits()));
    }
    annealing.ifPresent(own -> tree.set("annealing", Mapping.MAPPER.valueToTree(own)));
    freezing.ifPresent(own -> tree.set("freezing", Mapping.MAPPER.valueToTree(own)));
    if (oscillation.isPresent()) {
      tree.set("oscillation", Mapping.MAPPER.valueToTree(oscillation.get()));
    } else {
      tree.put("oscillation", NONE);
    }
    if (scaleRate != 1) {
      tree.put(SCALE_RATE, scaleRate);
    }
    return tree.put("calibration_samples", calibrationSamples);
  }

  private static ObjectNode bits(LayerBits bits) {
    return Mapping.MAPPER
        .createObjectNode()
        .put("weight_bits", bits.weights())
        .put("activation_bits", bits.activations());
  }
}
