package com.example.residual;

import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.nn.models.ModelEntry;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.ModelProvider;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A perceptron whose hidden layer has a shortcut around a second one, {@code h + relu(W h + b)}: a
 * foreign model in one file. State dict {@code stem}, {@code hidden}, {@code head}. Input [n,
 * channels, size, size], output [n, classes].
 */
public final class ResidualPerceptron extends Module implements Exportable {
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Submodule stem;
  private final Submodule hidden;
  private final Submodule act = submodule("act", new ReLU());
  private final Submodule head;

  /**
   * A network with random weights.
   *
   * @param inputs values of an image
   * @param width of the hidden layers
   * @param classes outputs
   */
  public ResidualPerceptron(long inputs, long width, long classes) {
    stem = submodule("stem", new Linear(inputs, width));
    hidden = submodule("hidden", new Linear(width, width));
    head = submodule("head", new Linear(width, classes));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor h = stem.forward(flatten.forward(input));
    return head.forward(h.add(act.forward(hidden.forward(h))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue h = stem.export(graph, flatten.export(graph, input));
    return head.export(graph, graph.add(h, act.export(graph, hidden.export(graph, h))));
  }

  /** Registers it. */
  public static final class Provider implements ModelProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public List<ModelEntry> models() {
      return List.of(
          new ModelEntry(
              "residual-mlp",
              "perceptron with a shortcut around its second hidden layer",
              "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016",
              32 * 16 * 16 + 32 + 32 * 32 + 32 + 2 * 32 + 2,
              ModelOptions.none()
                  .with(o -> o.classes = 2)
                  .with(o -> o.inputChannels = 1)
                  .with(o -> o.imageSize = 16)
                  .with(o -> o.hidden = List.of(32)),
              Provider::create));
    }

    private static Module create(ModelOptions options) {
      long pixels = (long) options.imageSize() * options.imageSize();
      return new ResidualPerceptron(
          options.inputChannels() * pixels, options.hidden().get(0), options.classes());
    }
  }
}
