package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A convolution whose windows lie side by side, as a vision transformer's first layer, as products
 * of integers. Each input channel has a scale of its own, so each has a product of its own.
 *
 * <p>Other convolutions stay in float32: their sums run over channels, each with a scale of its
 * own, which no integer sum can hold; and a product for each of many channels would cost more than
 * it saves.
 */
final class IntegerPatches {
  /** With more, the sums of products cost more than the products save. */
  private static final long MOST_CHANNELS = 4;

  private IntegerPatches() {}

  static Optional<GraphValue> of(QuantizedConv2d layer, GraphBuilder graph, GraphValue input) {
    long[] shape = input.shape();
    Optional<ActivationQuantizer> quantizer = IntegerInput.quantizer(layer.input().get());
    Optional<IntegerWeight> weight = IntegerWeight.of(layer.parts().integers());
    return graph.multipliesIntegers()
            && quantizer.isPresent()
            && weight.isPresent()
            && shape.length == 4
            && arePatches(layer.configuration(), shape)
        ? Optional.of(export(layer, graph, input, quantizer.get(), weight.get()))
        : Optional.empty();
  }

  private static boolean arePatches(Conv2dConfiguration configuration, long[] shape) {
    Size2d kernel = configuration.kernel();
    return configuration.stride().equals(kernel)
        && configuration.padding().equals(Size2d.square(0))
        && configuration.dilation().equals(Size2d.square(1))
        && configuration.groups() == 1
        && configuration.inChannels() <= MOST_CHANNELS
        && shape[1] == configuration.inChannels()
        && shape[2] % kernel.height() == 0
        && shape[3] % kernel.width() == 0;
  }

  private static GraphValue export(
      QuantizedConv2d layer,
      GraphBuilder graph,
      GraphValue input,
      ActivationQuantizer quantizer,
      IntegerWeight weight) {
    IntegerInput x = IntegerInput.of(graph, quantizer, input, Factor.LEFT);
    Size2d kernel = layer.configuration().kernel();
    long[] shape = input.shape();
    long channels = shape[1];
    long rows = shape[2] / kernel.height();
    long columns = shape[3] / kernel.width();
    GraphValue split =
        graph.reshape(
            x.levels().stored(),
            GraphValue.DYNAMIC,
            channels,
            rows,
            kernel.height(),
            columns,
            kernel.width());
    GraphValue patches =
        graph.reshape(
            graph.permute(split, 1, 0, 2, 4, 3, 5),
            channels,
            GraphValue.DYNAMIC,
            kernel.height() * kernel.width());
    long outputs = layer.configuration().outChannels();
    GraphValue sum = null;
    Optional<Tensor> shift = layer.bias().map(Parameter::value);
    for (long channel = 0; channel < channels; channel++) {
      IntegerInput part =
          new IntegerInput(
              x.levels().with(graph.select(patches, 0, channel)),
              x.scale().reshape(-1).narrow(0, channel, 1),
              Optional.empty());
      Tensor numbers = weight.numbers().select(1, channel).reshape(outputs, -1).contiguous();
      IntegerWeight own = new IntegerWeight(numbers, weight.scale());
      GraphValue product = IntegerProduct.of(graph, part, own, Optional.empty()).value(graph);
      sum = sum == null ? product : graph.add(sum, product);
      if (x.shiftAfter().isPresent()) {
        Tensor of = x.shiftAfter().get().narrow(0, channel, 1).expand(numbers.size(1));
        Tensor moved = numbers.to(of.dtype()).matmul(of).mul(weight.scale());
        shift = Optional.of(shift.map(moved::add).orElse(moved));
      }
    }
    GraphValue biased =
        shift.isPresent() ? graph.add(sum, graph.constant("shift", shift.get())) : sum;
    return graph.permute(
        graph.reshape(biased, GraphValue.DYNAMIC, rows, columns, outputs), 0, 3, 1, 2);
  }
}
