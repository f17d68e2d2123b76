package io.github.steelyard.quant;

import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How far rounding thresholds move in one step, compared with the weights. With w and s the latent
 * weights and the distance of two thresholds before the step, w' and s' after it, and k the
 * threshold nearest to w':
 *
 * <pre>
 * t = s (k + 1/2 + offset);  t' = s' (k + 1/2 + offset)
 * movement = sqrt(Σ (t' - t)² / Σ (w' - w)²), the sums over all weights of the fewest bits
 * </pre>
 *
 * <p>A threshold at 0 never moves. Weights whose quantizer is no {@link UniformQuantizer} are left
 * out. Memory: a copy of the weights.
 */
final class ThresholdMovement {
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Map<String, Tensor> steps = new LinkedHashMap<>();

  /** Remembers where weights and thresholds are, until the next call. */
  void remember(Map<String, QuantizedWeight> fewestBits) {
    fewestBits.forEach(
        (name, weight) -> {
          if (weight.quantizer() instanceof UniformQuantizer quantizer) {
            Scope.withoutGradient(
                () -> {
                  Tensor latent = weight.latent();
                  keep(weights, name, latent);
                  keep(steps, name, quantizer.thresholdStep(latent));
                });
          }
        });
  }

  private static void keep(Map<String, Tensor> kept, String name, Tensor now) {
    if (kept.containsKey(name)) {
      kept.get(name).copy_(now.detach());
    } else {
      kept.put(name, Scope.keep(now.detach().clone()));
    }
  }

  /**
   * What moved since then.
   *
   * @param positions of the weights now, by name
   * @return empty if nothing was remembered or no weight moved
   */
  OptionalDouble since(Map<String, QuantizedWeight> fewestBits, Map<String, Tensor> positions) {
    double[] squares = new double[2];
    weights.forEach(
        (name, before) ->
            Scope.withoutGradient(
                () -> {
                  QuantizedWeight weight = fewestBits.get(name);
                  WeightQuantizer quantizer = weight.quantizer();
                  UniformQuantizer uniform = (UniformQuantizer) quantizer;
                  Tensor latent = weight.latent();
                  Tensor step = uniform.thresholdStep(latent).sub(steps.get(name));
                  Tensor nearest =
                      Bounds.clamp_(
                              torch.floor(positions.get(name)),
                              quantizer.lowest(),
                              quantizer.highest() - 1)
                          .add_(new Scalar(0.5 + uniform.offset()));
                  squares[0] += square(nearest.mul_(step));
                  squares[1] += square(latent.sub(before));
                }));
    return squares[1] > 0
        ? OptionalDouble.of(Math.sqrt(squares[0] / squares[1]))
        : OptionalDouble.empty();
  }

  private static double square(Tensor moved) {
    return moved.square_().sum().item_double();
  }
}
