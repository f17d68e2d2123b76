package io.github.steelyard.quant;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers the methods of this room. */
public final class QuantizationMethods implements MethodProvider {
  private static final String PAPER =
      "Liu, Liu and Cheng, \"Oscillation-free Quantization for Low-bit Vision Transformers\", ICML"
          + " 2023";
  private static final String ARXIV = "2302.02210";

  /** Called by {@link java.util.ServiceLoader}. */
  public QuantizationMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "lsq",
            "Learned step size quantization",
            "Esser, McKinstry, Bablani, Appuswamy and Modha, \"Learned Step Size Quantization\","
                + " ICLR 2020",
            "1902.08153",
            "Trains weights and activations of few bits with a learned scale; the baseline, and"
                + " the quantizer of all activations.",
            QuantizationConfiguration.class,
            "vit-mini-w2a2-lsq.yaml"),
        new Method(
            "iterative_freezing",
            "Iterative freezing of oscillating weights",
            "Nagel, Fournarakis, Bondarenko and Blankevoort, \"Overcoming Oscillations in"
                + " Quantization-Aware Training\", ICML 2022",
            "2203.11086",
            "Holds the integer of a weight that flips between two levels; the earlier remedy, a"
                + " baseline.",
            IterativeFreezingConfiguration.class,
            "vit-mini-w2a2-freezing.yaml"),
        new Method(
            "statsq",
            "Statistical weight quantization",
            PAPER,
            ARXIV,
            "Takes a weight's scale from its statistics instead of learning it, so that single"
                + " weights cannot move all thresholds.",
            QuantizationConfiguration.class,
            "vit-mini-w2a2-statsq.yaml"),
        new Method(
            "qkr",
            "Query-key reparameterization",
            PAPER,
            ARXIV,
            "Quantizes the product of query and key weights, so that the two cannot oscillate"
                + " against each other.",
            QuantizationConfiguration.class,
            "vit-mini-w2a2-qkr.yaml"),
        new Method(
            "cga",
            "Confidence-guided annealing",
            PAPER,
            ARXIV,
            "Freezes all weights but those near a rounding threshold at the end of training, so"
                + " that these settle.",
            ConfidenceGuidedAnnealingConfiguration.class,
            "vit-mini-w2a2-cga.yaml"));
  }
}
