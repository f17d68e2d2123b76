package io.github.steelyard.robust;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How many operations a network takes for one sample, and how many of them are with weights that
 * are not zero. A dense program does all of them; the rest is what one that skips zeros could save.
 *
 * @param all operations of convolutions and linear layers, two for each product and sum; biases,
 *     normalizations and attention's products are left out
 * @param left those with weights that the layers do not see as zero
 */
public record OperationReport(double all, double left) {
  /**
   * Counts.
   *
   * @param model a model, pruned or not
   * @param sample inputs for one forward pass in evaluation mode, such as [1, 3, 32, 32]
   * @return its operations
   */
  public static OperationReport of(Module model, Tensor sample) {
    return Scope.computeWithoutGradient(
        () -> {
          double all = 0;
          double left = 0;
          Map<String, Parameter> weights = weights(model);
          for (Map.Entry<String, Double> layer : positions(model, sample).entrySet()) {
            Tensor value = weights.get(layer.getKey()).value();
            all += 2 * layer.getValue() * value.numel();
            left += 2 * layer.getValue() * torch.count_nonzero(value).item_long();
          }
          return new OperationReport(all, left);
        });
  }

  /** The weights of convolutions and linear layers. */
  static Map<String, Parameter> weights(Module model) {
    Map<String, Parameter> weights = LayerWeights.of(model);
    weights
        .keySet()
        .removeIf(
            path ->
                !(model.getSubmodule(path) instanceof Conv2d
                    || model.getSubmodule(path) instanceof Linear));
    return weights;
  }

  /** How many positions of its output each weight of a layer meets; layers that run only. */
  static Map<String, Double> positions(Module model, Tensor sample) {
    Map<String, Parameter> weights = weights(model);
    Map<String, Double> positions = new LinkedHashMap<>();
    LayerProbe.run(model, weights.keySet(), sample)
        .forEach(
            (path, seen) -> {
              long outputs = weights.get(path).shape()[0] * sample.size(0);
              positions.put(path, seen.output().numel() / (double) outputs);
            });
    return positions;
  }
}
