package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.MaxPool2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The 13 convolutions of a {@link Vgg}, each with normalization and ReLU, numbered as in
 * torchvision. Taps: {@code conv1_output} to {@code conv13_output} after each ReLU.
 */
final class VggFeatures extends Module implements Exportable, InnerChannels {
  /** Halves the map. */
  private static final int POOLING = 0;

  /** Multiples of the width: configuration D of the paper. */
  private static final List<Integer> PLAN =
      List.of(1, 1, POOLING, 2, 2, POOLING, 4, 4, 4, POOLING, 8, 8, 8, POOLING, 8, 8, 8, POOLING);

  private final List<Step> steps = new ArrayList<>();
  private final List<String> convolutions = new ArrayList<>();
  private final long channels;

  private record Step(Submodule place, Optional<Tap> tap) {
    Tensor forward(Tensor x) {
      Tensor y = place.forward(x);
      return tap.map(t -> t.of(y)).orElse(y);
    }
  }

  VggFeatures(long inputChannels, long width) {
    long previous = inputChannels;
    for (int multiple : PLAN) {
      if (multiple == POOLING) {
        add(new MaxPool2d(2), Optional.empty());
        continue;
      }
      long next = multiple * width;
      convolutions.add(Integer.toString(steps.size()));
      add(new Conv2d(Conv2dConfiguration.of(previous, next, 3).withPadding(1)), Optional.empty());
      add(new BatchNorm2d(next), Optional.empty());
      add(new ReLU(), Optional.of(tap("conv" + convolutions.size() + "_output")));
      previous = next;
    }
    channels = previous;
  }

  private void add(Module module, Optional<Tap> tap) {
    steps.add(new Step(submodule(Integer.toString(steps.size()), module), tap));
  }

  /** Channels of the output. */
  long channels() {
    return channels;
  }

  /** The chain from the last convolution to what takes the features, seen from the network. */
  ChannelChain chainTo(String consumer) {
    String last = convolutions.get(convolutions.size() - 1);
    return new ChannelChain(
        "features." + last, List.of("features." + normalization(last)), consumer);
  }

  private static String normalization(String convolution) {
    return Integer.toString(Integer.parseInt(convolution) + 1);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = input;
    for (Step step : steps) {
      x = step.forward(x);
    }
    return x;
  }

  @Override
  public List<ChannelChain> channelChains() {
    List<ChannelChain> chains = new ArrayList<>();
    for (int i = 1; i < convolutions.size(); i++) {
      String producer = convolutions.get(i - 1);
      chains.add(new ChannelChain(producer, List.of(normalization(producer)), convolutions.get(i)));
    }
    return chains;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = input;
    for (Step step : steps) {
      x = step.place().export(graph, x);
    }
    return x;
  }
}
