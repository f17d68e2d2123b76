package io.github.steelyard.quant;

import io.github.steelyard.nn.LayerPattern;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Suggestion;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import io.github.steelyard.train.TrainingResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Confidence-guided annealing (CGA): in the last epochs of a run only the weights near a rounding
 * threshold move on, so that they settle on one side; all others, whose level is certain, are
 * frozen.
 *
 * <pre>
 * u = position of the weight among the integers (StatsQ: n · w/s - 1/2)
 * free where |u - nearest threshold| ≤ r, else frozen:
 * its gradient is 0, and its value is restored after the optimizer's step, bit for bit
 * </pre>
 *
 * <p>The masks are made anew before each step. Below a pruning mask or a compander the stored entry
 * is frozen. Of a weight whose entries depend on several stored ones, such as the product of query
 * and key weights, frozen entries pass no gradient; the weights that it is computed from move. A
 * frozen weight may still change its integer, as the scale goes on moving: that of StatsQ with the
 * free weights of the channel, that of {@link Lsq} by its own gradient.
 *
 * <p>Paper: Liu, Liu and Cheng, Oscillation-free Quantization for Low-bit Vision Transformers, ICML
 * 2023 (arXiv 2302.02210), Section 4.2; r = 0.005 and the number of epochs are from there. Use the
 * tail of the learning-rate schedule.
 *
 * <p>Cost: in its epochs about eight passes over the weights a step, and a copy of them in memory;
 * before, nothing. Not for the beginning of training: frozen weights learn nothing.
 *
 * <p>Add it before callbacks that watch weights. It has no state to save: what it does follows from
 * the weights and the epoch.
 */
public final class ConfidenceGuidedAnnealing implements Callback {
  private final ConfidenceGuidedAnnealingConfiguration configuration;
  private final Map<Parameter, QuantizedWeight> parameters = new LinkedHashMap<>();
  private final List<ProductQuantizer> computed = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();

  /** A weight before a step, and where it is frozen. */
  private record Held(Parameter parameter, Tensor before, Tensor frozen) {}

  /**
   * Anneals at the end of a run.
   *
   * @param configuration when, how near and which weights
   */
  public ConfidenceGuidedAnnealing(ConfidenceGuidedAnnealingConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Finds the weights.
   *
   * @param context the run
   * @throws IllegalArgumentException if the model has no quantized weight, none matches the
   *     pattern, a computed weight is not quantized by a {@link ProductQuantizer}, or the run has
   *     fewer epochs than the annealing
   */
  @Override
  public void beforeRun(TrainingContext context) {
    int epochs = context.configuration().epochs();
    if (configuration.epochs() > epochs) {
      throw new IllegalArgumentException(
          "annealing acts in the last "
              + configuration.epochs()
              + " epochs, but the run has "
              + epochs
              + "; use at most that many");
    }
    parameters.clear();
    computed.clear();
    matching(context.model(), configuration.layers())
        .forEach(
            (name, weight) -> {
              if (weight.stored().isPresent()) {
                parameters.put(weight.stored().get(), weight);
              } else if (weight.quantizer() instanceof ProductQuantizer quantizer) {
                computed.add(quantizer);
              } else {
                throw new IllegalArgumentException(
                    "the weight '"
                        + name
                        + "' is computed and quantized by "
                        + weight.quantizer()
                        + "; annealing of computed weights needs StatsQ or another ProductQuantizer");
              }
            });
  }

  static Map<String, QuantizedWeight> matching(Module model, String layers) {
    Map<String, QuantizedWeight> all = QuantizedWeight.of(model);
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          model + " has no quantized weight; prepare it first with PrepareQuantization");
    }
    Map<String, QuantizedWeight> chosen = new LinkedHashMap<>(all);
    LayerPattern pattern = new LayerPattern(layers);
    chosen
        .keySet()
        .removeIf(name -> !pattern.matches(name) && !pattern.matches(QuantizedWeight.layer(name)));
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "the pattern '"
              + layers
              + "' matches no quantized weight"
              + Suggestion.clause(layers, all.keySet()));
    }
    return chosen;
  }

  private boolean isActive(TrainingContext context) {
    return context.epoch() >= context.configuration().epochs() - configuration.epochs();
  }

  @Override
  public void beforeStep(TrainingContext context) {
    held.clear();
    OptionalDouble range =
        isActive(context)
            ? OptionalDouble.of(configuration.boundaryRange())
            : OptionalDouble.empty();
    computed.forEach(quantizer -> quantizer.setBoundaryRange(range));
    if (range.isEmpty()) {
      return;
    }
    parameters.forEach(
        (parameter, weight) -> {
          Tensor distance = weight.quantizer().distanceToThreshold(weight.latent().detach());
          held.add(
              new Held(
                  parameter,
                  parameter.tensor().detach().clone(),
                  distance.gt(new Scalar(configuration.boundaryRange()))));
        });
  }

  @Override
  public void afterBackward(TrainingContext context) {
    for (Held weight : held) {
      Tensor gradient = weight.parameter().grad();
      if (gradient.defined()) {
        gradient.masked_fill_(weight.frozen(), new Scalar(0.0));
      }
    }
  }

  @Override
  public void afterStep(TrainingContext context) {
    Scope.withoutGradient(
        () -> {
          for (Held weight : held) {
            Tensor now = weight.parameter().tensor();
            now.copy_(torch.where(weight.frozen(), weight.before(), now));
          }
        });
    held.clear();
  }

  @Override
  public void afterRun(TrainingContext context, TrainingResult result) {
    computed.forEach(quantizer -> quantizer.setBoundaryRange(OptionalDouble.empty()));
  }
}
