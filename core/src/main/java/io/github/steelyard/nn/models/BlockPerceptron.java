package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Flatten;
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
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Independent perceptrons side by side, one for each channel of the input, whose communities are
 * known: to check whether an analysis finds them (Bushnaq et al., The Local Interaction Basis,
 * 2024, with random weights; here the blocks learn). The block of channel b decides part b of the
 * class; the logit of a class is the sum of those of its parts. Input [n, blocks, ...], output [n,
 * block classes ^ blocks], the last block's part counting fastest.
 *
 * <p>Layer l of block b is {@code fc<l>.block<b>}, both from 1 and from 0. Taps, the blocks side by
 * side: {@code input} after flattening, {@code hidden1}, {@code hidden2}, ... after each
 * activation, {@code answers} [n, blocks * block classes] before the sums.
 */
public final class BlockPerceptron extends Module implements Exportable {
  private final BlockPerceptronConfiguration configuration;
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Tap inputs = tap("input");
  private final List<Hidden> hidden = new ArrayList<>();
  private final Submodule output;
  private final Tap answers;

  private record Hidden(Submodule linear, Submodule activation, Tap tap) {}

  /** One linear layer for each block, on equal parts of the input. */
  private static final class Blocks extends Module implements Exportable {
    private final List<Submodule> blocks = new ArrayList<>();
    private final long width;

    Blocks(int number, long width, long outputs) {
      this.width = width;
      for (int b = 0; b < number; b++) {
        blocks.add(submodule("block" + b, new Linear(width, outputs)));
      }
    }

    @Override
    public Tensor forward(Tensor input) {
      TensorVector parts = new TensorVector();
      for (int b = 0; b < blocks.size(); b++) {
        parts.push_back(blocks.get(b).forward(input.narrow(1, b * width, width)));
      }
      return torch.cat(parts, 1);
    }

    @Override
    public GraphValue export(GraphBuilder graph, GraphValue input) {
      List<GraphValue> parts = new ArrayList<>();
      for (int b = 0; b < blocks.size(); b++) {
        GraphValue part = graph.slice(input, 1, b * width, (b + 1) * width, 1);
        parts.add(blocks.get(b).export(graph, part));
      }
      return graph.cat(1, parts);
    }
  }

  /**
   * A network with random weights.
   *
   * @param configuration the sizes
   */
  public BlockPerceptron(BlockPerceptronConfiguration configuration) {
    this.configuration = configuration;
    int blocks = configuration.blocks();
    long width = configuration.blockInputs();
    int number = 1;
    for (int next : configuration.hidden()) {
      hidden.add(
          new Hidden(
              submodule("fc" + number, new Blocks(blocks, width, next)),
              submodule("act" + number, configuration.activation().module()),
              tap("hidden" + number)));
      width = next;
      number++;
    }
    output = submodule("fc" + number, new Blocks(blocks, width, configuration.blockClasses()));
    answers = tap("answers");
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = inputs.of(flatten.forward(input));
    for (Hidden layer : hidden) {
      x = layer.tap().of(layer.activation().forward(layer.linear().forward(x)));
    }
    x = answers.of(output.forward(x));
    long each = configuration.blockClasses();
    Tensor logits = x.narrow(1, 0, each);
    for (int b = 1; b < configuration.blocks(); b++) {
      Tensor part = x.narrow(1, b * each, each);
      logits = logits.unsqueeze(2).add(part.unsqueeze(1)).flatten(1, 2);
    }
    return logits;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = flatten.export(graph, input);
    for (Hidden layer : hidden) {
      x = layer.activation().export(graph, layer.linear().export(graph, x));
    }
    x = output.export(graph, x);
    long each = configuration.blockClasses();
    GraphValue logits = graph.slice(x, 1, 0, each, 1);
    long classes = each;
    for (int b = 1; b < configuration.blocks(); b++) {
      GraphValue part = graph.slice(x, 1, b * each, (b + 1) * each, 1);
      GraphValue sums =
          graph.add(
              graph.reshape(logits, GraphValue.DYNAMIC, classes, 1),
              graph.reshape(part, GraphValue.DYNAMIC, 1, each));
      classes *= each;
      logits = graph.reshape(sums, GraphValue.DYNAMIC, classes);
    }
    return logits;
  }
}
