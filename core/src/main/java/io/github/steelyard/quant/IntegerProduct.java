package io.github.steelyard.quant;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A product of integers in a graph whose last steps are left to who takes it: {@code rows · sums +
 * shift}. A quantizer divides by scales of its own, so it can take several at once.
 */
final class IntegerProduct {
  private final Sums sums;
  private final Optional<Tensor> rows;
  private final Optional<Tensor> shift;

  /** What stands before rows are scaled. */
  @FunctionalInterface
  interface Sums {
    /** With each column divided, by [columns] that broadcasts; empty for nothing. */
    GraphValue over(Optional<Tensor> divisor);
  }

  /** Rows broadcast against the sums, such as [tokens, 1]; the shift is [columns]. */
  IntegerProduct(Sums sums, Optional<Tensor> rows, Optional<Tensor> shift) {
    this.sums = sums;
    this.rows = rows;
    this.shift = shift;
  }

  /** {@code input weight^T + bias}, with the input's shift after quantization in the bias. */
  static IntegerProduct of(
      GraphBuilder graph, IntegerInput input, IntegerWeight weight, Optional<Tensor> bias) {
    boolean single = input.scale().numel() == 1;
    Tensor columns = single ? weight.scale().mul(input.scale().reshape()) : weight.scale();
    Optional<Tensor> moved =
        input
            .shiftAfter()
            .map(after -> weight.numbers().to(after.dtype()).matmul(after).mul(weight.scale()));
    Optional<Tensor> shift =
        bias.isPresent() && moved.isPresent()
            ? Optional.of(bias.get().add(moved.get()))
            : bias.or(() -> moved);
    return new IntegerProduct(
        divisor ->
            graph.integerMatmul(
                input.levels(),
                graph.integers("weight.T", weight.numbers().t().contiguous()),
                Optional.of(
                    graph.constant("weight.scale", divisor.map(columns::div).orElse(columns)))),
        single ? Optional.empty() : Optional.of(input.scale()),
        shift);
  }

  /** As a float32 value. */
  GraphValue value(GraphBuilder graph) {
    GraphValue value = sums.over(Optional.empty());
    if (shift.isPresent()) {
      value = shifted(graph, value, shift.get());
    }
    return rows.isPresent() ? graph.mul(value, graph.constant("rows", rows.get())) : value;
  }

  /** Before rows are scaled: ONNX Runtime's kernel of a sum and a GELU is slower than the two. */
  private GraphValue shifted(GraphBuilder graph, GraphValue value, Tensor by) {
    GraphValue s = graph.constant("shift", by);
    return graph.add(value, rows.map(r -> graph.div(s, graph.constant("rows", r))).orElse(s));
  }

  /**
   * The product quantized again.
   *
   * @param scale the quantizer's steps, broadcastable against the product
   * @param before what the quantizer adds first
   * @param parts gives the product the shape that the scale is for
   */
  GraphIntegers quantized(
      GraphBuilder graph,
      Tensor scale,
      Optional<Tensor> before,
      UnaryOperator<GraphValue> parts,
      Lsq quantizer,
      GraphIntegers.Factor factor) {
    boolean columns = rows.isPresent() && scale.numel() > 1 && scale.size(scale.dim() - 1) > 1;
    Optional<Tensor> added =
        shift.isPresent() && before.isPresent()
            ? Optional.of(shift.get().add(before.get()))
            : shift.or(() -> before);
    Optional<Tensor> divisor = columns ? Optional.of(scale.reshape(-1)) : Optional.empty();
    GraphValue x = sums.over(divisor);
    if (added.isPresent()) {
      x = shifted(graph, x, divisor.map(d -> added.get().div(d)).orElse(added.get()));
    }
    Tensor steps = columns ? torch.ones_like(rows.get()).div(rows.get()) : overRows(scale);
    return graph.integers(
        "steps", parts.apply(x), steps, quantizer.lowest(), quantizer.highest(), factor);
  }

  /** A token that has several scales has them next to each other. */
  private Tensor overRows(Tensor scale) {
    if (rows.isEmpty()) {
      return scale;
    }
    Tensor row = rows.get();
    long each = Math.max(1, scale.numel() / row.numel());
    Tensor repeated = row.reshape(-1, 1).expand(row.numel(), each).reshape(-1, 1);
    return scale.reshape(-1, 1).div(repeated);
  }
}
