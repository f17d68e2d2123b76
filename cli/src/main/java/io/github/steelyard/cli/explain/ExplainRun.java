package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ExplainRecipe;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks into the network of a run. A quantized layer counts as the linear layer of its rounded
 * weight, and an attention of such layers as a plain one: the rounding of activations has no slope
 * to follow.
 *
 * @param run the run
 * @param how where to cut and what to compute
 * @param settings what is changed in the run's recipe, such as where its data are
 * @param newest whether the newest weights are looked at, not the best ones
 * @param folder where the stages of the analysis are kept, so that it goes on where it was
 * @param output where progress goes
 */
public record ExplainRun(
    RunDirectory run,
    ExplainRecipe how,
    List<String> settings,
    boolean newest,
    Path folder,
    Output output) {
  /** What was found out, and its report. */
  public record Explained(Explanation explanation, ExplainReport report) {}

  /**
   * Does what is missing.
   *
   * @throws IOException if weights or data cannot be read or stages not be written
   * @throws UsageException if the network cannot be cut so
   */
  public Explained complete() throws IOException {
    ExplanationSettings chosen = UsageException.unless(() -> ExplanationSettings.of(how));
    RunNetwork network = RunNetwork.open(run, settings, how.samples(), newest);
    Module model = network.model();
    List<String> quantized = PlainLayers.replaceIn(model);
    List<String> cuts = UsageException.unless(() -> how.layersOf(model));
    DataLoader test = network.test();
    Explanation explanation =
        explained(new Explainer(model, test, chosen, output), cuts, stages(cuts, test), quantized);
    return new Explained(
        explanation,
        new ExplainReport(
            explanation,
            test.dataset(),
            network.recipe(),
            RunModel.provenance(network.checkpoint())));
  }

  /** A cut through what has no plain form is refused with what is known about that. */
  private static Explanation explained(
      Explainer explainer, List<String> cuts, Path stages, List<String> quantized)
      throws IOException {
    try {
      return explainer.explain(cuts, stages);
    } catch (UsageException e) {
      if (quantized.isEmpty()) {
        throw e;
      }
      throw new UsageException(
          "the quantized attentions %s have no plain form: explain the network as it was before it was"
                  .formatted(quantized)
              + " quantized (in a life, put explain before quantize), or cut it behind them; "
              + e.getMessage(),
          e);
    }
  }

  /** Analyses with other settings have other folders. */
  private Path stages(List<String> cuts, DataLoader test) {
    String name =
        "%s-%d-%s-%08x"
            .formatted(
                Output.word(how.basis()), test.dataset().size(), how.threshold(), cuts.hashCode());
    return folder.resolve(name);
  }
}
