package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Modules one after another; each takes the output of the one before it. */
public final class Sequential extends Module implements Exportable, InnerChannels {
  /** What works on each channel by itself. */
  private static final Set<Class<? extends Module>> ACTS_ON_CHANNELS =
      Set.of(
          ReLU.class,
          ReLU6.class,
          GELU.class,
          SiLU.class,
          Hardswish.class,
          Hardsigmoid.class,
          Sigmoid.class,
          Tanh.class,
          Identity.class,
          Dropout.class,
          MaxPool2d.class,
          AvgPool2d.class,
          AdaptiveAvgPool2d.class);

  private final List<Submodule> steps = new ArrayList<>();

  /**
   * Modules named {@code 0}, {@code 1} and so on.
   *
   * @param modules the modules in order; with none, the input is the output
   */
  public Sequential(Module... modules) {
    for (Module module : modules) {
      steps.add(submodule(Integer.toString(steps.size()), module));
    }
  }

  /**
   * Modules with names.
   *
   * @param modules the modules by name, in the order of the map
   * @throws IllegalArgumentException if a name is empty or contains a dot
   */
  public Sequential(Map<String, ? extends Module> modules) {
    modules.forEach((name, module) -> steps.add(submodule(name, module)));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = input;
    for (Submodule step : steps) {
      x = step.forward(x);
    }
    return x;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = input;
    for (Submodule step : steps) {
      x = step.export(graph, x);
    }
    return x;
  }

  @Override
  public List<ChannelChain> channelChains() {
    List<ChannelChain> chains = new ArrayList<>();
    String producer = null;
    List<String> between = new ArrayList<>();
    boolean flattened = false;
    for (Map.Entry<String, Module> step : children().entrySet()) {
      Module module = step.getValue();
      if (isForEachChannel(module)) {
        // After flattening, a normalization is one of single pixels, no channel's own.
        producer = flattened ? null : producer;
        between.add(step.getKey());
      } else if (module instanceof Conv2d || module instanceof Linear) {
        boolean sameKind = producer != null && takes(children().get(producer), module, flattened);
        if (sameKind) {
          chains.add(new ChannelChain(producer, between, step.getKey()));
        }
        producer = step.getKey();
        between.clear();
        flattened = false;
      } else if (module instanceof Flatten) {
        flattened = true;
      } else if (!ACTS_ON_CHANNELS.contains(module.getClass())) {
        producer = null;
      }
    }
    return chains;
  }

  private static boolean isForEachChannel(Module module) {
    return module instanceof BatchNorm
        || module instanceof SqueezeExcite
        || (module instanceof Conv2d convolution
            && convolution.isDepthwise()
            && convolution.configuration().groups() > 1);
  }

  private static boolean takes(Module producer, Module consumer, boolean flattened) {
    if (producer instanceof Linear) {
      return consumer instanceof Linear;
    }
    return consumer instanceof Conv2d ? !flattened : flattened;
  }

  /**
   * The number of modules.
   *
   * @return at least 0
   */
  public int size() {
    return steps.size();
  }
}
