package io.github.steelyard.quant;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.WindowBias;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What quantized attentions do alike: tokens to heads and back, and logits to probabilities. */
record AttentionHeads(AttentionConfiguration configuration, Optional<WindowBias> bias) {

  void requireInput(Module attention, Tensor input) {
    if (input.dim() != 3 || input.size(2) != configuration.dimension()) {
      throw new ShapeException(attention, "[n, tokens, " + configuration.dimension() + "]", input);
    }
    bias.ifPresent(windows -> windows.requireWindows(attention, input, configuration.dimension()));
  }

  /** From [n, tokens, heads · size] to [n, heads, tokens, size]. */
  Tensor split(Tensor tokens) {
    long heads = configuration.heads();
    return tokens
        .view(tokens.size(0), tokens.size(1), heads, tokens.size(2) / heads)
        .transpose(1, 2);
  }

  GraphValue split(GraphBuilder graph, GraphValue tokens) {
    long[] shape = tokens.shape();
    long heads = configuration.heads();
    GraphValue parts = graph.reshape(tokens, GraphValue.DYNAMIC, shape[1], heads, shape[2] / heads);
    return graph.permute(parts, 0, 2, 1, 3);
  }

  /** Scales products, maybe in place, adds the bias of windows and takes the softmax. */
  Tensor probabilities(Tensor products, Optional<Tensor> rows) {
    Scalar scale = new Scalar(scale());
    Tensor logits =
        rows.isPresent() ? rows.get().mul(scale).add(products, scale) : products.mul_(scale);
    return torch.softmax(bias.isPresent() ? bias.get().addTo(logits) : logits, -1);
  }

  GraphValue probabilities(GraphBuilder graph, GraphValue products) {
    return graph.softmax(biased(graph, graph.mul(products, graph.scalar(scale()))), -1);
  }

  /** Logits with the bias of windows. */
  GraphValue biased(GraphBuilder graph, GraphValue logits) {
    return bias.isPresent() ? bias.get().addTo(graph, logits) : logits;
  }

  double scale() {
    return 1 / Math.sqrt((double) configuration.headDimension());
  }
}
