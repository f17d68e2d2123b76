package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/**
 * How steep a classifier is near samples: the gradient of the margin {@code z_y - max_{i != y} z_i}
 * with respect to the seen values, in evaluation mode. The largest L1 norm is a lower estimate of
 * the local Lipschitz constant for changes that are bounded value by value (the L-infinity norm of
 * {@link ThreatModel}), the largest L2 norm of the Euclidean one.
 *
 * <p>An estimate from single points: the true constant over a neighbourhood is at least as large.
 *
 * @param samples how many samples were looked at
 * @param largestL1 the largest L1 norm of a gradient
 * @param meanL1 the mean L1 norm
 * @param largestL2 the largest L2 norm
 * @param meanL2 the mean L2 norm
 */
public record LocalLipschitz(
    long samples, double largestL1, double meanL1, double largestL2, double meanL2) {

  /**
   * Estimates from samples; costs a forward and a backward pass.
   *
   * @param model a classifier; every part has its own mode again afterwards
   * @param source samples with class indices, read as its epoch 0
   * @param domain how model inputs come from seen values
   * @param device where the model is
   * @return the estimate
   * @throws IllegalArgumentException if the source has no samples, or the model has no gradient
   */
  public static LocalLipschitz estimate(
      Module model, BatchSource source, InputDomain domain, Device device) {
    double[] sums = new double[4];
    long[] samples = {0};
    EvaluationMode.compute(
        model,
        () -> {
          try (BatchStream stream = source.epoch(0, 0)) {
            while (stream.hasNext()) {
              Scope.withoutGradient(
                  () -> {
                    Batch batch = RobustnessEvaluation.on(stream.next(), device);
                    add(model, batch, new ThreatModel(0, domain), sums);
                    samples[0] += batch.size();
                  });
            }
          }
          return null;
        });
    if (samples[0] == 0) {
      throw new IllegalArgumentException("the source has no samples");
    }
    return new LocalLipschitz(
        samples[0], sums[0], sums[1] / samples[0], sums[2], sums[3] / samples[0]);
  }

  private static void add(Module model, Batch batch, ThreatModel still, double[] sums) {
    Target target = new Target(model, batch, still, Draws.shared());
    Tensor gradient =
        target
            .gradient(target.none(), logits -> AttackLoss.MARGIN.of(logits, target.labels()))
            .get(0)
            .flatten(1, -1);
    Tensor l1 = gradient.abs().sum(1);
    Tensor l2 = gradient.square().sum(1).sqrt();
    sums[0] = Math.max(sums[0], l1.max().item_double());
    sums[1] += l1.sum().item_double();
    sums[2] = Math.max(sums[2], l2.max().item_double());
    sums[3] += l2.sum().item_double();
  }
}
