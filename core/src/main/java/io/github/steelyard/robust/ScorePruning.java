package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Pruning by learned scores, as HYDRA (Sehwag et al., NeurIPS 2020) and TSCNC (Feng et al., 2025)
 * prune a network that was trained before: every weight of a chosen layer gets a score, all weights
 * are frozen, and training moves the scores alone; see {@link PruningScores}.
 *
 * <pre>{@code
 * ScorePruning pruning = new ScorePruning(ScorePruningConfiguration.of(0.1));
 * pruning.apply(model);                  // then make the optimizer, and train
 * ScorePruning.finish(model);            // masks in place of scores: the masked checkpoint
 * LayerWeights.of(model).values().forEach(Parameter::materialize);  // the dense one
 * }</pre>
 *
 * <p>After {@link #finish} all parameters can be trained again, under the masks: fine-tuning. While
 * the scores are trained, running statistics of batch normalizations still move, as in the papers'
 * code. The first scores follow the trained weights' sizes, so that training begins at layer-wise
 * magnitude pruning. Start from a network that was trained (with gates or not); scores of random
 * weights have nothing to choose.
 *
 * <p>Order: compand, gate, then scores, then quantize by a method with a level at zero (LSQ).
 * Closed channels should be removed before ({@link RemoveClosedChannels}), so that no share of the
 * weights is kept in them.
 */
public final class ScorePruning implements ModelTransform {
  private final ScorePruningConfiguration configuration;

  /**
   * Creates the transform.
   *
   * @param configuration which weights, and how many stay
   */
  public ScorePruning(ScorePruningConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Puts scores on the chosen weights and freezes every other parameter.
   *
   * @param model a trained model, changed in place
   * @return the same model
   * @throws IllegalArgumentException if a pattern matches no layer, a weight has scores, masks or a
   *     quantizer already, is all zero or not finite, or would keep no weight; the model is then
   *     unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Parameter> weights =
        ChosenLayers.of(model, configuration.layers(), configuration.except());
    Map<String, Tensor> scores = new LinkedHashMap<>();
    Scope.withoutGradient(
        () -> {
          weights.forEach((path, weight) -> scores.put(path, first(path, weight)));
          model.namedParameters().values().forEach(parameter -> parameter.setTrainable(false));
          scores.forEach(
              (path, score) ->
                  weights.get(path).parametrize(new PruningScores(score, configuration.keep())));
        });
    return model;
  }

  private Tensor first(String path, Parameter weight) {
    requireFree(path, weight);
    long count = weight.tensor().numel();
    if (PruningScores.dropped(count, configuration.keep()) >= count) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "at a keep rate of %s the layer '%s' would lose all its %,d weights, so that nothing"
                  + " passes it; keep more, or leave it out with except",
              configuration.keep(),
              path,
              count));
    }
    try {
      return PruningScores.initial(HardConcreteGate.ungated(weight));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the weight of '" + path + "' gives no scores: " + e.getMessage(), e);
    }
  }

  private static void requireFree(String path, Parameter weight) {
    for (Parametrization map : weight.parametrizations()) {
      String reason =
          map instanceof PruningScores
              ? "has scores already; finish them first (ScorePruning.finish)"
              : map instanceof ExportableWeight
                  ? "is quantized already; prune first, then quantize"
                  : map instanceof PruningMask
                      ? "has a mask already, and scores would be spent on weights that stay zero;"
                          + " prune by one of the two, or leave the layer out with except"
                      : null;
      if (reason != null) {
        throw new IllegalArgumentException("the weight of '" + path + "' " + reason);
      }
    }
  }

  /**
   * Puts a {@link PruningMask} in the place of each layer's scores and makes all parameters
   * trainable again. The layers see the same weights, bit for bit. Make a new optimizer afterwards.
   *
   * @param model a model with scores, changed in place
   * @return the same model, with masks
   * @throws IllegalArgumentException if the model has no scores
   */
  public static Module finish(Module model) {
    boolean found = false;
    for (Parameter weight : LayerWeights.of(model).values()) {
      for (Parametrization map : List.copyOf(weight.parametrizations())) {
        if (map instanceof PruningScores scores) {
          weight.replaceParametrization(scores, new PruningMask(scores.mask()));
          found = true;
        }
      }
    }
    if (!found) {
      throw new IllegalArgumentException(model + " has no scores to finish");
    }
    model.namedParameters().values().forEach(parameter -> parameter.setTrainable(true));
    return model;
  }
}
