package io.github.steelyard.compander;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Where the companded weights of a model lie between zero and their limit.
 *
 * @param nearZero the share of weights below a / 20 in size, from 0 to 1
 * @param atLimit the share of weights above 0.99 of a pi / 2 in size, from 0 to 1
 */
public record CompandedShares(double nearZero, double atLimit) {
  private static final double SMALL = 1.0 / 20;
  private static final double LARGE = 0.99;

  /**
   * Counts the weights of all layers together.
   *
   * @param model a model with companded weights
   * @return the shares; not numbers if no weight is companded
   */
  public static CompandedShares of(Module model) {
    Map<String, Parameter> parameters = model.plainlyNamedParameters();
    long[] counts = new long[3];
    WeightCompander.of(model)
        .forEach(
            (name, compander) ->
                Scope.withoutGradient(
                    () -> {
                      Tensor size = compander.forward(parameters.get(name).tensor()).abs();
                      counts[0] += size.numel();
                      counts[1] += count(size.lt(new Scalar(SMALL * compander.a())));
                      counts[2] += count(size.gt(new Scalar(LARGE * compander.limit())));
                    }));
    return new CompandedShares((double) counts[1] / counts[0], (double) counts[2] / counts[0]);
  }

  private static long count(Tensor which) {
    return which.sum().item_long();
  }

  /**
   * The shares by their names in results.
   *
   * @return {@code near_zero} and {@code at_limit}
   */
  public Map<String, Double> byName() {
    return Map.of("near_zero", nearZero, "at_limit", atLimit);
  }
}
