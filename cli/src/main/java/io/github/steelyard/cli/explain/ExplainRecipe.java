package io.github.steelyard.cli.explain;

import io.github.steelyard.interaction.AblationTolerance;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.EdgeNorm;
import io.github.steelyard.interaction.ExplanationSettings;
import io.github.steelyard.interaction.ModularityConfiguration;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How a network is explained.
 *
 * @param layers where it is cut: taps in its order, the last may be {@code output}; empty for the
 *     usual ones
 * @param samples how many test samples it is computed from, at least 2, the same share of each
 *     class; 0 for all
 * @param basis which basis
 * @param compare further bases whose ablation curves are drawn; principal components and neurons
 *     always are. If there are any, the edges' norms of all of them are compared too
 * @param lossIncrease how much larger the loss may become with the basis vectors that are needed
 * @param threshold eigenvalues below this are dropped
 * @param resolution larger gives more modules, above 0
 * @param resolutions at which modules are looked for too, each above 0; may be empty
 * @param norm how interactions become the edges' weights
 * @param edges whether the edges that are needed are counted too, which takes several times longer
 * @param output whether the network's output takes part in the graph: outputs that depend on all
 *     parts of a network tie its modules together
 */
public record ExplainRecipe(
    List<String> layers,
    int samples,
    BasisKind basis,
    List<BasisKind> compare,
    double lossIncrease,
    double threshold,
    double resolution,
    List<Double> resolutions,
    EdgeNorm norm,
    boolean edges,
    boolean output) {
  /** Taps where networks are usually cut; of the first pattern that matches one, all. */
  private static final List<String> USUAL =
      List.of("hidden\\d+", "blocks\\.\\d+\\.residual_post", "embedded|residual_.*");

  private static final String POOLED = "pooled";

  /**
   * Checks the values.
   *
   * @param layers taps in the network's order
   * @param samples at least 2, or 0
   * @param basis which basis
   * @param compare further bases
   * @param lossIncrease at least 0
   * @param threshold at least 0
   * @param resolution above 0
   * @param resolutions each above 0
   * @param norm how interactions become weights
   * @param edges whether the edges that are needed are counted too
   * @param output whether the network's output takes part in the graph
   * @throws IllegalArgumentException if a value is out of range
   */
  public ExplainRecipe {
    layers = List.copyOf(layers);
    compare = List.copyOf(compare);
    if (samples < 0 || samples == 1) {
      throw new IllegalArgumentException(
          "samples must be at least 2, or 0 for all, but is " + samples);
    }
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException("threshold must be at least 0, but is " + threshold);
    }
    resolutions = List.copyOf(resolutions);
    for (double other : resolutions) {
      if (!(other > 0) || Double.isInfinite(other)) {
        throw new IllegalArgumentException(
            "resolutions must be above 0 and finite, but are " + resolutions);
      }
    }
    if (!(resolution > 0)) {
      throw new IllegalArgumentException("resolution must be above 0, but is " + resolution);
    }
  }

  /**
   * What a section says that says nothing.
   *
   * @return the defaults
   */
  public static ExplainRecipe defaults() {
    return new ExplainRecipe(
        List.of(),
        1000,
        BasisKind.LOCAL,
        List.of(),
        0.05,
        1e-5,
        1,
        List.of(),
        EdgeNorm.LOG,
        false,
        true);
  }

  /**
   * What is computed.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  ExplanationSettings settings() {
    return new ExplanationSettings(
        basis,
        compare,
        threshold,
        ModularityConfiguration.standard()
            .withResolution(resolution)
            .withNorm(norm)
            .withOutput(output),
        new AblationTolerance(AblationTolerance.Measure.LOSS, lossIncrease),
        edges,
        resolutions,
        List.of());
  }

  /**
   * Where a network is cut.
   *
   * @param model the network
   * @return the layers; if none are given, the hidden layers of a perceptron or the residual stream
   *     after each block, what goes into the last layer, and the output
   * @throws IllegalArgumentException if the network has no such tap; the message names the nearest,
   *     or all if none is usual
   */
  public List<String> layersOf(Module model) {
    layers.stream().filter(name -> !name.equals(Segments.OUTPUT)).forEach(model::getTap);
    return layers.isEmpty() ? usual(model) : layers;
  }

  private static List<String> usual(Module model) {
    Set<String> taps = model.namedTaps().keySet();
    List<String> found = new ArrayList<>();
    for (String pattern : USUAL) {
      if (found.isEmpty()) {
        taps.stream().filter(tap -> tap.matches(pattern)).forEach(found::add);
      }
    }
    if (taps.contains(POOLED)) {
      found.add(POOLED);
    }
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "it is not known where to cut this network: name taps as layers; it has " + taps);
    }
    // Every output of independent blocks depends on all of them; their answers do not.
    found.add(taps.contains("answers") ? "answers" : Segments.OUTPUT);
    return found;
  }
}
