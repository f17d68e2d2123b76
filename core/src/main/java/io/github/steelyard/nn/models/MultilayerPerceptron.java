package io.github.steelyard.nn.models;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Linear layers {@code fc1}, {@code fc2}, ... with an activation between them. Input [n, ...],
 * which is flattened to [n, inputs]; output [n, classes].
 *
 * <p>Taps: {@code input} after flattening, {@code hidden1}, {@code hidden2}, ... after each
 * activation.
 */
public final class MultilayerPerceptron extends Module implements Exportable, InnerChannels {
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Tap inputs = tap("input");
  private final List<Hidden> hidden = new ArrayList<>();
  private final Submodule output;

  private record Hidden(Submodule linear, Submodule activation, Submodule dropout, Tap tap) {
    Tensor forward(Tensor x) {
      return dropout.forward(tap.of(activation.forward(linear.forward(x))));
    }

    GraphValue export(GraphBuilder graph, GraphValue x) {
      return dropout.export(graph, activation.export(graph, linear.export(graph, x)));
    }
  }

  /**
   * A network with random weights.
   *
   * @param configuration widths, activation and dropout
   */
  public MultilayerPerceptron(MultilayerPerceptronConfiguration configuration) {
    long width = configuration.inputFeatures();
    int number = 1;
    for (int next : configuration.hidden()) {
      hidden.add(
          new Hidden(
              submodule("fc" + number, new Linear(width, next)),
              submodule("act" + number, configuration.activation().module()),
              submodule("drop" + number, new Dropout(configuration.dropout())),
              tap("hidden" + number)));
      width = next;
      number++;
    }
    output = submodule("fc" + number, new Linear(width, configuration.classes()));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = inputs.of(flatten.forward(input));
    for (Hidden layer : hidden) {
      x = layer.forward(x);
    }
    return output.forward(x);
  }

  @Override
  public List<ChannelChain> channelChains() {
    List<ChannelChain> chains = new ArrayList<>();
    for (int number = 1; number <= hidden.size(); number++) {
      chains.add(new ChannelChain("fc" + number, List.of(), "fc" + (number + 1)));
    }
    return chains;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = flatten.export(graph, input);
    for (Hidden layer : hidden) {
      x = layer.export(graph, x);
    }
    return output.export(graph, x);
  }
}
