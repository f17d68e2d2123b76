package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Quantizes activations: {@code lsq(x + shift_before) + shift_after}, with a learnable shift for
 * each channel before and after an {@link Lsq} quantizer. Both shifts are 0 at first. Input and
 * output have the same shape: [..., channels], or [n, channels, height, width] for images.
 *
 * <p>Paper: Liu, Liu and Cheng, ICML 2023 (arXiv 2302.02210); the shifts follow Liu et al.,
 * ReActNet (ECCV 2020). The authors' code has a shift for each pixel of an image instead of each
 * channel.
 */
public final class ActivationQuantizer extends Module implements Exportable {
  private final ActivationQuantizerConfiguration configuration;
  private final Parameter before;
  private final Submodule quantizer;
  private final Parameter after;

  /**
   * A quantizer that takes its scales from the first input.
   *
   * @param configuration bits, slices and shifts
   */
  public ActivationQuantizer(ActivationQuantizerConfiguration configuration) {
    this.configuration = configuration;
    long channels = configuration.shifts();
    before = channels > 0 ? parameter("shift_before", torch.zeros(channels)) : null;
    quantizer =
        submodule(
            "quantizer",
            new Lsq(configuration.bits(), configuration.slice(), configuration.signedness()));
    after = channels > 0 ? parameter("shift_after", torch.zeros(channels)) : null;
  }

  @Override
  public Tensor forward(Tensor input) {
    return Scope.compute(() -> quantized(input, before, after));
  }

  /** The output but for the shift after quantization, for layers that add it in another way. */
  Tensor unshifted(Tensor input) {
    return Scope.compute(() -> quantized(input, before, null));
  }

  private Tensor quantized(Tensor input, Parameter first, Parameter last) {
    requireChannels(input);
    if (configuration.heads() == 1) {
      return quantizer().forward(input, broadcast(first), broadcast(last));
    }
    Tensor y = between(first == null ? input : input.add(first.value())).reshape(input.shape());
    return last == null ? y : y.add(last.value());
  }

  /**
   * What is done between the shifts, for layers that add them in another way. With heads the result
   * is [n, tokens · heads, size]: each head of each token has a scale of its own.
   */
  Tensor between(Tensor moved) {
    long heads = configuration.heads();
    return quantizer()
        .forward(
            heads == 1
                ? moved
                : moved.reshape(moved.size(0), moved.size(1) * heads, moved.size(2) / heads));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = exportUnshifted(graph, input);
    return after == null ? x : graph.add(x, export(graph, "shift_after", after));
  }

  /** The counterpart of {@link #unshifted}. */
  GraphValue exportUnshifted(GraphBuilder graph, GraphValue input) {
    GraphValue x = before == null ? input : graph.add(input, export(graph, "shift_before", before));
    if (configuration.heads() == 1) {
      return quantizer.export(graph, x);
    }
    long[] shape = x.shape();
    long heads = configuration.heads();
    GraphValue parts = graph.reshape(x, GraphValue.DYNAMIC, shape[1] * heads, shape[2] / heads);
    return graph.reshape(quantizer.export(graph, parts), shape);
  }

  private GraphValue export(GraphBuilder graph, String name, Parameter shift) {
    GraphValue value = shift.export(graph, name);
    return configuration.slice() == Slice.IMAGE_CHANNEL
        ? graph.reshape(value, configuration.shifts(), 1, 1)
        : value;
  }

  private void requireChannels(Tensor input) {
    long dimension = configuration.slice() == Slice.IMAGE_CHANNEL ? 1 : input.dim() - 1;
    if (before != null
        && (input.dim() <= dimension || input.size(dimension) != configuration.shifts())) {
      throw new ShapeException(
          this, "with " + configuration.shifts() + " channels in dimension " + dimension, input);
    }
  }

  private Optional<Tensor> broadcast(Parameter shift) {
    return Optional.ofNullable(shift).map(Parameter::value).map(this::broadcast);
  }

  /** A value of each channel as it is added to an input. */
  Tensor broadcast(Tensor value) {
    return configuration.slice() == Slice.IMAGE_CHANNEL ? value.view(-1, 1, 1) : value;
  }

  /**
   * Bits, slices and shifts.
   *
   * @return the configuration
   */
  public ActivationQuantizerConfiguration configuration() {
    return configuration;
  }

  /** The shift before quantization; empty if there is none. */
  Optional<Parameter> shiftBefore() {
    return Optional.ofNullable(before);
  }

  /** The shift after quantization; empty if there is none. */
  Optional<Parameter> shiftAfter() {
    return Optional.ofNullable(after);
  }

  /**
   * The quantizer between the shifts.
   *
   * @return the quantizer
   */
  public Lsq quantizer() {
    return quantizer.get(Lsq.class);
  }

  @Override
  public String toString() {
    return "ActivationQuantizer(" + quantizer.get() + ")";
  }
}
