package io.github.steelyard.robust;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How many weights and operations the gates of a model are expected to leave. A weight from unit i
 * to unit o is expected to stay with the probability p_o p_i that both gates are open; a gate
 * closes the outputs of its layer and, where one other layer takes them, that layer's inputs.
 *
 * @param layers the layers with gates
 * @param weights the weights of all convolutions and linear layers, biases left out
 * @param expectedWeights how many of them are expected to stay
 * @param flops operations of these layers for one sample, two for each product and sum
 * @param expectedFlops how many are expected to stay
 */
public record GateReport(
    List<Layer> layers, long weights, double expectedWeights, double flops, double expectedFlops) {

  /**
   * One layer with gates.
   *
   * @param path the layer's path
   * @param units how many gates it has
   * @param open how many are open in evaluation mode
   * @param expectedOpen the sum of the probabilities that they are open
   */
  public record Layer(String path, long units, long open, double expectedOpen) {}

  /**
   * Copies the list.
   *
   * @param layers the layers with gates
   * @param weights all weights
   * @param expectedWeights how many are expected to stay
   * @param flops operations for one sample
   * @param expectedFlops how many are expected to stay
   */
  public GateReport {
    layers = List.copyOf(layers);
  }

  /**
   * Counts.
   *
   * @param model a model, with gates or without
   * @param sample inputs for one forward pass in evaluation mode, such as [1, 3, 32, 32]
   * @return what the gates are expected to leave
   */
  public static GateReport of(Module model, Tensor sample) {
    return Scope.computeWithoutGradient(() -> counted(model, sample));
  }

  private static GateReport counted(Module model, Tensor sample) {
    List<Layer> layers = new ArrayList<>();
    HardConcreteGate.of(model)
        .forEach(
            (path, gate) ->
                layers.add(
                    new Layer(
                        path, gate.logAlpha().tensor().numel(), gate.open(), expectedOpen(gate))));
    Map<String, double[]> inputs = new LinkedHashMap<>();
    for (ChannelChain chain : ChannelRemoval.chains(model)) {
      HardConcreteGate.of(ChannelRemoval.weight(model.getSubmodule(chain.producer())))
          .filter(gate -> gate.unit() == Unit.OUTPUT_CHANNEL)
          .ifPresent(
              gate -> {
                inputs.put(chain.consumer(), probabilities(gate));
                // A depthwise convolution between has one input a channel: all go with it.
                chain.between().forEach(path -> inputs.put(path, probabilities(gate)));
              });
    }
    Map<String, Double> positions = OperationReport.positions(model, sample);
    long all = 0;
    double expected = 0;
    double flops = 0;
    double expectedFlops = 0;
    for (Map.Entry<String, Parameter> entry : OperationReport.weights(model).entrySet()) {
      Parameter weight = entry.getValue();
      long count = weight.tensor().numel();
      double left = count * share(weight, inputs.get(entry.getKey()));
      all += count;
      expected += left;
      double each = 2 * positions.getOrDefault(entry.getKey(), 0.0);
      flops += each * count;
      expectedFlops += each * left;
    }
    return new GateReport(layers, all, expected, flops, expectedFlops);
  }

  /** The share of a layer's weights that is expected to stay. */
  private static double share(Parameter weight, double[] producer) {
    double outputs = 1;
    double[] inputs = producer == null ? new double[] {1} : producer;
    HardConcreteGate gate = HardConcreteGate.of(weight).orElse(null);
    if (gate != null && gate.unit() == Unit.OUTPUT_CHANNEL) {
      outputs = mean(probabilities(gate));
    }
    if (gate != null && gate.unit() == Unit.INPUT_UNIT) {
      double[] own = probabilities(gate);
      int each = own.length / inputs.length;
      double[] both = own.clone();
      for (int i = 0; i < both.length; i++) {
        both[i] *= inputs[i / each];
      }
      inputs = both;
    }
    return outputs * mean(inputs);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** How many gates are expected to be open. */
  static double expectedOpen(HardConcreteGate gate) {
    return Arrays.stream(probabilities(gate)).sum();
  }

  private static double[] probabilities(HardConcreteGate gate) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor open = gate.probabilityOpen().to(ScalarType.Double).cpu();
          double[] values = new double[Math.toIntExact(open.numel())];
          for (int i = 0; i < values.length; i++) {
            values[i] = open.select(0, i).item_double();
          }
          return values;
        });
  }
}
