package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A quantized activation in a graph, {@code scale · levels + shift}.
 *
 * @param levels the integers; those of each head are rows of their own where heads have scales
 * @param scale broadcastable against the levels, such as [tokens, 1]
 * @param shiftAfter of each channel
 */
record IntegerInput(GraphIntegers levels, Tensor scale, Optional<Tensor> shiftAfter) {

  /** The quantizer in a place, if its levels are integers that can be multiplied. */
  static Optional<ActivationQuantizer> quantizer(Module module) {
    return module instanceof ActivationQuantizer quantizer
            && quantizer.quantizer().isInitialized()
            && quantizer.quantizer().keepsZeros()
        ? Optional.of(quantizer)
        : Optional.empty();
  }

  /** Quantizes a float32 value. */
  static IntegerInput of(
      GraphBuilder graph, ActivationQuantizer quantizer, GraphValue input, Factor factor) {
    Optional<Tensor> before = quantizer.shiftBefore().map(Parameter::value);
    IntegerProduct plain = new IntegerProduct(divisor -> input, Optional.empty(), Optional.empty());
    return of(graph, quantizer, plain, input.shape(), before.map(quantizer::broadcast), factor);
  }

  /** Quantizes a product. */
  static IntegerInput of(
      GraphBuilder graph,
      ActivationQuantizer quantizer,
      IntegerProduct product,
      long[] shape,
      Factor factor) {
    Optional<Tensor> before = quantizer.shiftBefore().map(Parameter::value);
    return of(graph, quantizer, product, shape, before, factor);
  }

  private static IntegerInput of(
      GraphBuilder graph,
      ActivationQuantizer quantizer,
      IntegerProduct product,
      long[] shape,
      Optional<Tensor> before,
      Factor factor) {
    long heads = quantizer.configuration().heads();
    long[] parts = heads == 1 ? shape : new long[] {shape[0], shape[1] * heads, shape[2] / heads};
    Tensor scale = trimmed(quantizer.quantizer().stepOf(parts));
    GraphIntegers levels =
        product.quantized(
            graph,
            scale,
            before,
            x -> heads == 1 ? x : graph.reshape(x, parts),
            quantizer.quantizer(),
            factor);
    return new IntegerInput(levels, scale, quantizer.shiftAfter().map(Parameter::value));
  }

  /** Without dimensions of one element in front. */
  private static Tensor trimmed(Tensor scale) {
    Tensor result = scale;
    while (result.dim() > 1 && result.size(0) == 1) {
      result = result.squeeze(0);
    }
    return result;
  }
}
