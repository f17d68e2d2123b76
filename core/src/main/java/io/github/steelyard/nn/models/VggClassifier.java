package io.github.steelyard.nn.models;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The linear layers of a {@link Vgg} with hidden ones, numbered as in torchvision. Taps: {@code
 * hidden1}, {@code hidden2}, ... after each ReLU.
 */
final class VggClassifier extends Module implements Exportable, InnerChannels {
  /** Of a linear layer, its ReLU and its dropout. */
  private static final int PLACES = 3;

  private final List<Hidden> hidden = new ArrayList<>();
  private final Submodule output;

  private record Hidden(Submodule linear, Submodule activation, Submodule dropout, Tap tap) {}

  VggClassifier(VggConfiguration configuration, long inputs) {
    long width = inputs;
    for (long next : configuration.hidden()) {
      int place = PLACES * hidden.size();
      hidden.add(
          new Hidden(
              submodule(Integer.toString(place), new Linear(width, next)),
              submodule(Integer.toString(place + 1), new ReLU()),
              submodule(Integer.toString(place + 2), new Dropout(configuration.dropout())),
              tap("hidden" + (hidden.size() + 1))));
      width = next;
    }
    output =
        submodule(
            Integer.toString(PLACES * hidden.size()), new Linear(width, configuration.classes()));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = input;
    for (Hidden layer : hidden) {
      x = layer.tap().of(layer.activation().forward(layer.linear().forward(x)));
      x = layer.dropout().forward(x);
    }
    return output.forward(x);
  }

  @Override
  public List<ChannelChain> channelChains() {
    List<ChannelChain> chains = new ArrayList<>();
    for (int i = 0; i < hidden.size(); i++) {
      String next = Integer.toString(PLACES * (i + 1));
      chains.add(new ChannelChain(Integer.toString(PLACES * i), List.of(), next));
    }
    return chains;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = input;
    for (Hidden layer : hidden) {
      x = layer.activation().export(graph, layer.linear().export(graph, x));
      x = layer.dropout().export(graph, x);
    }
    return output.export(graph, x);
  }
}
