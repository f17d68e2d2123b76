package io.github.steelyard.quant;

import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Where the bytes of a packed file went.
 *
 * @param file the whole file
 * @param integers packed integers of weights
 * @param weightScales scales and levels of weights
 * @param activationQuantizers scales and shifts of activations
 * @param others biases, norms, embeddings, in floating point
 * @param floating what the same model takes in float32: each quantized weight with 4 bytes for each
 *     of its values, and all else but the quantizers. Under query-key reparameterization the
 *     product counts as the query and key weights that it is made of
 */
public record PackedSize(
    long file,
    long integers,
    long weightScales,
    long activationQuantizers,
    long others,
    long floating) {

  static PackedSize of(Map<String, Tensor> tensors, Map<String, PackedWeight> weights, long file) {
    long integers = 0;
    long scales = 0;
    long activations = 0;
    long others = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      String name = entry.getKey();
      long bytes = entry.getValue().numel() * entry.getValue().element_size();
      if (name.endsWith("weight.integers")) {
        integers += bytes;
      } else if (name.endsWith("weight.scale") || name.endsWith("weight.levels")) {
        scales += bytes;
      } else if (name.contains("_quantizer.")) {
        activations += bytes;
      } else {
        others += bytes;
      }
    }
    long floating = others;
    for (Map.Entry<String, PackedWeight> entry : weights.entrySet()) {
      long[] shape = entry.getValue().shape();
      long values = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      boolean product = entry.getKey().endsWith("product.weight");
      floating += 4 * (product ? 2 * shape[1] * shape[1] : values);
    }
    return new PackedSize(file, integers, scales, activations, others, floating);
  }

  /**
   * How much smaller the file is than the weights in float32.
   *
   * @return such as 8.9
   */
  public double ratio() {
    return (double) floating / file;
  }
}
