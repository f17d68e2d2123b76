package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.Explainer;
import io.github.steelyard.interaction.Explanation;
import io.github.steelyard.interaction.ExplanationSettings;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PlainLayers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks into the network of a run. A quantized layer counts as the linear layer of its rounded
 * weight, and an attention of such layers as a plain one: the rounding of activations has no slope
 * to follow.
 *
 * @param network the network
 * @param how where to cut and what to compute
 * @param folder where the phases of the analysis are kept, so that it goes on where it was
 */
public record ExplainRun(TrainedNetwork network, ExplainRecipe how, Path folder) {
  /** What was found out, and its report. */
  public record Explained(ShownExplanation explanation, ExplainReport report) {}

  /**
   * Does what is missing.
   *
   * @return what was found
   * @throws IOException if weights or data cannot be read or phases not be written
   * @throws UsageException if the network cannot be cut so
   */
  public Explained complete() throws IOException {
    ExplanationSettings chosen = UsageException.unless(how::settings);
    Module model = network.copy();
    model.to(network.device());
    List<String> quantized = PlainLayers.replaceIn(model);
    List<String> cuts = UsageException.unless(() -> how.layersOf(model));
    DataLoader data = network.data(how.samples());
    ExplanationSettings whole = chosen.with(e -> e.parts = data.dataset().parts());
    ShownExplanation explanation =
        new ShownExplanation(explained(whole, model, data, cuts, quantized), chosen.resolutions());
    return new Explained(
        explanation,
        new ExplainReport(explanation, data.dataset(), network.recipe(), network.provenance()));
  }

  /** A cut that is refused is wrong usage; what has no plain form may be the reason. */
  private Explanation explained(
      ExplanationSettings chosen,
      Module model,
      DataLoader data,
      List<String> cuts,
      List<String> quantized)
      throws IOException {
    try (ExplanationProgress progress = new ExplanationProgress(network.err(), network::heedStop)) {
      try {
        return new Explainer(chosen)
            .listener(progress)
            .explain(model, data, cuts, phases(cuts, data));
      } catch (IllegalArgumentException e) {
        if (progress.isStarted()) {
          throw e;
        }
        throw new UsageException(refusal(quantized) + e.getMessage(), e);
      }
    }
  }

  private static String refusal(List<String> quantized) {
    return quantized.isEmpty()
        ? ""
        : "the quantized attentions %s have no plain form: explain the network as it was before it was"
                .formatted(quantized)
            + " quantized (in a life, put explain before quantize), or cut it behind them; ";
  }

  /** Analyses with other settings have other folders. */
  private Path phases(List<String> cuts, DataLoader test) {
    String name =
        "%s-%d-%s-%08x"
            .formatted(
                Output.word(how.basis()), test.dataset().size(), how.threshold(), cuts.hashCode());
    return folder.resolve(name);
  }
}
