package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How sparse a model is, and how many bytes that takes or saves.
 *
 * @param layers the weights of its layers
 * @param denseBytes bytes of all parameters and buffers with the masks multiplied in: what a dense
 *     checkpoint takes, however many zeros it holds
 * @param maskedBytes bytes of the state dict as it is, with its masks (one byte a weight)
 * @param sparseBytes bytes if each layer's weight were stored as one bit a weight and the values
 *     that are not zero, where that is less; computed, no file has this format
 */
public record SparsityReport(
    List<Layer> layers, long denseBytes, long maskedBytes, long sparseBytes) {

  /**
   * One layer.
   *
   * @param path the layer's path
   * @param shape of its weight
   * @param weights how many weights it has
   * @param zeros how many of them the layer sees as zero
   */
  public record Layer(String path, List<Long> shape, long weights, long zeros) {
    /**
     * Copies the list.
     *
     * @param path the layer's path
     * @param shape of its weight
     * @param weights how many weights
     * @param zeros how many zeros
     */
    public Layer {
      shape = List.copyOf(shape);
    }

    /**
     * The share of zeros.
     *
     * @return 0 to 1
     */
    public double sparsity() {
      return zeros / (double) weights;
    }
  }

  /**
   * Copies the list.
   *
   * @param layers the weights of the layers
   * @param denseBytes bytes of a dense checkpoint
   * @param maskedBytes bytes of a masked checkpoint
   * @param sparseBytes bytes of a sparse one
   */
  public SparsityReport {
    layers = List.copyOf(layers);
  }

  /**
   * Counts.
   *
   * @param model a model, pruned or not
   * @return its sparsity
   */
  public static SparsityReport of(Module model) {
    return Scope.computeWithoutGradient(
        () -> {
          List<Layer> layers = new ArrayList<>();
          long saved = 0;
          for (Map.Entry<String, Parameter> entry : LayerWeights.of(model).entrySet()) {
            Tensor value = entry.getValue().value();
            long weights = value.numel();
            long zeros = value.eq(new Scalar(0.0)).sum().item_long();
            List<Long> shape = new ArrayList<>();
            for (long size : value.shape()) {
              shape.add(size);
            }
            layers.add(new Layer(entry.getKey(), shape, weights, zeros));
            saved += Math.max(0, zeros * value.element_size() - (weights + 7) / 8);
          }
          long masked = bytes(model.stateDict());
          Map<String, Tensor> unmasked = new LinkedHashMap<>(model.stateDict());
          unmasked.keySet().removeIf(name -> isMask(model, name));
          long dense = bytes(unmasked);
          return new SparsityReport(layers, dense, masked, dense - saved);
        });
  }

  private static boolean isMask(Module model, String name) {
    int at = name.lastIndexOf(".mask");
    return at >= 0
        && at + ".mask".length() == name.length()
        && name.contains("parametrizations.")
        && model.namedBuffers().containsKey(name);
  }

  private static long bytes(Map<String, Tensor> state) {
    return state.values().stream().mapToLong(t -> t.numel() * t.element_size()).sum();
  }

  /**
   * The share of zeros among the weights of all layers.
   *
   * @return 0 to 1; 0 for a model without such weights
   */
  public double sparsity() {
    long weights = layers.stream().mapToLong(Layer::weights).sum();
    long zeros = layers.stream().mapToLong(Layer::zeros).sum();
    return weights == 0 ? 0 : zeros / (double) weights;
  }
}
