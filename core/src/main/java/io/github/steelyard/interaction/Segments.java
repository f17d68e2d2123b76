package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network cut at named taps. Segment l is the part between tap l and tap l + 1; it can be run on
 * any activation, in place of the one that the network computes.
 *
 * <p>Any module takes part that passes its activations through {@link Tap}s: nothing else is asked
 * of it. An activation is [n, features] or, with positions, [n, positions, features]. It gets a
 * last coordinate that is constantly 1 and carries the biases, see {@link BiasFolding}; the
 * network's output has none.
 *
 * <pre>{@code
 * try (Segments segments =
 *     Segments.open(model, List.of("input", "hidden1", "hidden2", Segments.OUTPUT), images)) {
 *   Tensor hidden = segments.activations(images).get(1);
 *   Tensor next = segments.forward(1, hidden, 2);
 * }
 * }</pre>
 *
 * <p>While it is open, the model is in evaluation mode and in the chosen precision, its layers with
 * biases are wrapped, and its gradients are gone; {@link #close} gives everything but the gradients
 * back. Not safe for use by several threads, and the model must not be used otherwise meanwhile.
 *
 * <p>Where a segment drops positions, as a pooling layer does, the constant of the result is the
 * mean of the constants.
 */
public final class Segments implements AutoCloseable {
  /** The name of the layer that is the network's output. */
  public static final String OUTPUT = "output";

  private final ModelPreparation preparation;
  private final Module model;
  private final BiasCarrier carrier;
  private final SegmentsConfiguration configuration;
  private final Map<String, Tap> taps = new LinkedHashMap<>();
  private final List<NodeLayer> layers;
  private final PartialForward partial;
  private final List<Optional<DenseSegment>> dense;
  private final List<Optional<BlockSegment>> blocks;

  private Segments(Module model, List<String> names, Tensor sample, SegmentsConfiguration how) {
    SegmentNames.check(model, names);
    for (String name : names) {
      if (!name.equals(OUTPUT)) {
        taps.put(name, model.getTap(name));
      }
    }
    this.configuration = how;
    this.carrier = new BiasCarrier();
    boolean folds = how.biases() == BiasFolding.FOLDED;
    this.preparation =
        new ModelPreparation(
            model,
            how.precision(),
            (path, module) -> folds ? carried(path, module) : Optional.empty());
    this.model = preparation.model();
    try {
      Tensor inputs = prepare(sample);
      this.partial = new PartialForward(this.model, taps, carrier, inputs);
      this.layers = new SegmentProbe(this, how.biases()).layers(names, inputs);
      this.dense =
          folds
              ? Scope.computeWithoutGradient(
                  () -> DenseSegment.find(this.model, precision(), layers, taps, inputs))
              : Collections.nCopies(layers.size() - 1, Optional.empty());
      this.blocks =
          Scope.computeWithoutGradient(
              () -> BlockSegment.find(this.model, layers, taps, inputs, how.biases()));
    } catch (RuntimeException | Error e) {
      preparation.undo();
      throw e;
    }
  }

  private Optional<Module> carried(String path, Module module) {
    if (module instanceof ReLU relu) {
      return Optional.of(new CarriedConstant(relu, carrier));
    }
    return CarriedBias.hasBias(module)
        ? Optional.of(new CarriedBias(path, module, carrier))
        : Optional.empty();
  }

  /**
   * Cuts a network with folded biases and in double precision.
   *
   * @param model the network
   * @param layers at least two: dotted paths of taps in the order in which the network passes them,
   *     the last one may be {@link #OUTPUT}
   * @param sample some inputs of the network, at least 2, on which the cut is tried
   * @return the cut network; close it
   * @throws IllegalArgumentException if a tap does not exist (the message names the nearest), the
   *     taps are not in the network's order, an activation has another shape than [n, features] or
   *     [n, positions, features], something bypasses a tap, or a bias cannot be folded; the model
   *     is as it was before
   */
  public static Segments open(Module model, List<String> layers, Tensor sample) {
    return open(model, layers, sample, SegmentsConfiguration.standard());
  }

  /**
   * Cuts a network.
   *
   * @param model the network
   * @param layers at least two: dotted paths of taps in the order in which the network passes them,
   *     the last one may be {@link #OUTPUT}
   * @param sample some inputs of the network, at least 2, on which the cut is tried
   * @param configuration biases and precision
   * @return the cut network; close it
   * @throws IllegalArgumentException if a tap does not exist (the message names the nearest), the
   *     taps are not in the network's order, an activation has another shape than [n, features] or
   *     [n, positions, features], something bypasses a tap, or a bias cannot be folded; the model
   *     is as it was before
   */
  public static Segments open(
      Module model, List<String> layers, Tensor sample, SegmentsConfiguration configuration) {
    return new Segments(model, layers, sample, configuration);
  }

  /**
   * Where the network was cut.
   *
   * @return at least two layers, in the network's order
   */
  public List<NodeLayer> layers() {
    return layers;
  }

  /**
   * The network.
   *
   * @return the model that was cut, with its layers wrapped while this is open
   */
  Module model() {
    return model;
  }

  Device device() {
    return preparation.device();
  }

  ScalarType precision() {
    return configuration.precision();
  }

  SegmentsConfiguration configuration() {
    return configuration;
  }

  /** The segment's parts, if it is one linear layer and an activation with folded biases. */
  Optional<DenseSegment> dense(int segment) {
    return dense.get(segment);
  }

  /** The segment's parts, if it is a transformer block or one of its branches. */
  Optional<BlockSegment> block(int segment) {
    return blocks.get(segment);
  }

  Map<String, Tap> taps() {
    return taps;
  }

  /** Moves inputs to the network's device and floating-point inputs to its precision. */
  Tensor prepare(Tensor inputs) {
    return inputs.to(
        device().torch(), inputs.is_floating_point() ? precision() : inputs.scalar_type());
  }

  TensorOptions options(ScalarType type) {
    return new TensorOptions(type).device(new DeviceOptional(device().torch()));
  }

  /**
   * Runs the network and reads all its layers.
   *
   * @param inputs the network's inputs, [n, ...]
   * @return per layer the activation, [n, positions, width], without gradients
   */
  public List<Tensor> activations(Tensor inputs) {
    return Scope.computeWithoutGradient(
        () -> {
          Map<String, Tensor> seen = new LinkedHashMap<>();
          List<Tap.Registration> readings = new ArrayList<>();
          Tensor output;
          try {
            taps.forEach((name, tap) -> readings.add(tap.observe(a -> seen.put(name, a))));
            output = model.forward(prepare(inputs));
          } finally {
            readings.forEach(Tap.Registration::close);
          }
          List<Tensor> folded = new ArrayList<>();
          for (NodeLayer layer : layers) {
            folded.add(
                layer.constant()
                    ? PartialForward.withOnes(seen.get(layer.name()))
                    : PartialForward.withPositions(output));
          }
          return folded;
        });
  }

  /**
   * Runs the part of the network between two layers. Gradients are recorded from the activation on
   * if the caller records them.
   *
   * @param from the layer where to begin
   * @param activation what to begin with, [n, positions, width] of that layer
   * @param to the layer where to stop, not before {@code from}
   * @return the activation there, [n, positions, width]
   * @throws IllegalArgumentException if the activation's shape is not that of the layer
   */
  public Tensor forward(int from, Tensor activation, int to) {
    if (to < from) {
      throw new IllegalArgumentException(
          "cannot run from layer %s back to layer %s".formatted(layers.get(from), layers.get(to)));
    }
    requireShape(layers.get(from), activation);
    return from == to ? activation : partial.run(layers.get(from), activation, layers.get(to));
  }

  /**
   * Runs the rest of the network.
   *
   * @param from the layer where to begin
   * @param activation what to begin with, [n, positions, width] of that layer
   * @return the network's output
   * @throws IllegalArgumentException if the activation's shape is not that of the layer
   */
  public Tensor finish(int from, Tensor activation) {
    NodeLayer layer = layers.get(from);
    requireShape(layer, activation);
    if (!layer.constant()) {
      return layer.sequence() ? activation : activation.squeeze(1);
    }
    return partial.run(layer, activation, null);
  }

  private static void requireShape(NodeLayer layer, Tensor activation) {
    if (activation.dim() != 3
        || activation.size(1) != layer.positions()
        || activation.size(2) != layer.width()) {
      throw new IllegalArgumentException(
          "the layer %s takes activations of shape [n, %d, %d], but was given %s"
              .formatted(
                  layer.name(),
                  layer.positions(),
                  layer.width(),
                  Arrays.toString(activation.shape())));
    }
  }

  PartialForward partial() {
    return partial;
  }

  /** Gives the model its layers, its modes and its precision back. */
  @Override
  public void close() {
    preparation.undo();
  }
}
