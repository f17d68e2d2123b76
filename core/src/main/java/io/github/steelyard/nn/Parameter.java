package io.github.steelyard.nn;

import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A weight: a tensor that is trained, and the parametrizations between it and the layer. A layer
 * asks for {@link #value()} and neither knows nor cares whether its weight is companded, masked or
 * quantized; an optimizer moves {@link #tensor()}.
 */
public final class Parameter {
  static {
    Engine.start();
  }

  private final Tensor tensor;
  private final List<Parametrization> parametrizations = new ArrayList<>();
  private boolean training = true;
  private boolean decayed = true;

  /**
   * Makes a trainable parameter of a tensor. The parameter takes the tensor over: it does not copy.
   *
   * @param initial the first value, a floating-point tensor of any shape
   * @throws IllegalArgumentException if the tensor is not of a floating-point type
   */
  public Parameter(Tensor initial) {
    if (!initial.is_floating_point()) {
      throw new IllegalArgumentException(
          "a parameter must be of a floating-point type, but is " + initial.dtype().name());
    }
    tensor = Scope.keep(initial.detach());
    tensor.set_requires_grad(true);
  }

  /**
   * The tensor that the optimizer moves; the first argument of the parametrizations.
   *
   * @return the leaf tensor, always the same object
   */
  public Tensor tensor() {
    return tensor;
  }

  /**
   * The weight that the layer sees.
   *
   * @return the tensor itself, or what the parametrizations make of it
   */
  public Tensor value() {
    Tensor value = tensor;
    for (Parametrization parametrization : parametrizations) {
      value = parametrization.forward(value);
    }
    return value;
  }

  /**
   * Adds {@link #value()} to a graph.
   *
   * @param graph where to
   * @param name the parameter's name in the module that owns it
   * @return the weight that the layer sees
   * @throws ExportException if the last parametrization cannot express its weight
   */
  public GraphValue export(GraphBuilder graph, String name) {
    int last = parametrizations.size() - 1;
    if (last < 0 || !(parametrizations.get(last) instanceof ExportableWeight weight)) {
      return graph.constant(name, value());
    }
    Tensor value = tensor;
    for (Parametrization parametrization : parametrizations.subList(0, last)) {
      value = parametrization.forward(value);
    }
    return weight.export(graph, name, value);
  }

  /**
   * The gradient that the last backward passes accumulated.
   *
   * @return the gradient of {@link #tensor()}; not defined ({@code !defined()}) before any
   */
  public Tensor grad() {
    return tensor.grad();
  }

  /**
   * The shape.
   *
   * @return the sizes, a new array
   */
  public long[] shape() {
    return tensor.shape();
  }

  /**
   * Whether gradients are computed for this parameter.
   *
   * @return true unless it was frozen
   */
  public boolean isTrainable() {
    return tensor.requires_grad();
  }

  /**
   * Whether weight decay is meant for this parameter, if it has two or more dimensions. Of
   * embeddings of positions, tokens and relative position biases it is not.
   *
   * @return true unless {@link #spareDecay} was called
   */
  public boolean isDecayed() {
    return decayed;
  }

  /**
   * Spares this parameter weight decay in the usual parameter groups.
   *
   * @return this parameter
   */
  public Parameter spareDecay() {
    decayed = false;
    return this;
  }

  /**
   * Freezes or unfreezes this parameter.
   *
   * @param trainable whether gradients are computed
   */
  public void setTrainable(boolean trainable) {
    tensor.set_requires_grad(trainable);
  }

  /**
   * Puts a parametrization after those already here. If all of them can be inverted, the stored
   * tensor is changed so that {@link #value()} stays as it was; otherwise the stored tensor stays
   * and the value becomes what the parametrization makes of it. The parametrization takes over the
   * training mode of the module that owns this parameter.
   *
   * @param parametrization the map to add
   * @throws IllegalArgumentException if the parametrization changes the shape; this parameter is
   *     then unchanged
   */
  public void parametrize(Parametrization parametrization) {
    parametrization.train(training);
    Scope.withoutGradient(
        () -> {
          Tensor before = value();
          Tensor after = parametrization.forward(before);
          if (!Arrays.equals(before.shape(), after.shape())) {
            throw new IllegalArgumentException(
                parametrization.getClass().getSimpleName()
                    + " changes the shape of the weight from "
                    + Arrays.toString(before.shape())
                    + " to "
                    + Arrays.toString(after.shape()));
          }
          Tensor value = before.clone();
          parametrizations.add(parametrization);
          if (isInvertible()) {
            try {
              assign(value);
            } catch (RuntimeException e) {
              parametrizations.remove(parametrizations.size() - 1);
              throw e;
            }
          }
        });
  }

  /**
   * Takes the last parametrization off again. The stored tensor stays as it is; see {@link
   * #materialize} to keep the value instead.
   *
   * @throws IllegalStateException if there is none
   */
  public void withdrawParametrization() {
    if (parametrizations.isEmpty()) {
      throw new IllegalStateException("the parameter has no parametrization to withdraw");
    }
    parametrizations.remove(parametrizations.size() - 1);
  }

  /**
   * Puts another parametrization in the place of one that is here. It takes over the training mode.
   *
   * @param present one of {@link #parametrizations()}
   * @param replacement what stands in its place from now on
   * @throws IllegalArgumentException if the first one is not here
   */
  public void replaceParametrization(Parametrization present, Parametrization replacement) {
    int index = parametrizations.indexOf(present);
    if (index < 0) {
      throw new IllegalArgumentException(
          "the parameter has no parametrization "
              + present
              + " to replace, only "
              + parametrizations);
    }
    replacement.train(training);
    parametrizations.set(index, replacement);
  }

  /** Sets the mode of the parametrizations here now and of those that come. */
  void train(boolean mode) {
    training = mode;
    parametrizations.forEach(parametrization -> parametrization.train(mode));
  }

  private boolean isInvertible() {
    return parametrizations.stream().allMatch(Parametrization::isInvertible);
  }

  /**
   * Sets the stored tensor so that {@link #value()} becomes the given weight.
   *
   * @param effective the wanted value, of this shape
   * @throws IllegalArgumentException if the shape differs
   * @throws UnsupportedOperationException if a parametrization has no inverse
   */
  public void assign(Tensor effective) {
    if (!Arrays.equals(tensor.shape(), effective.shape())) {
      throw new IllegalArgumentException(
          "the parameter has shape "
              + Arrays.toString(tensor.shape())
              + ", not "
              + Arrays.toString(effective.shape()));
    }
    Scope.withoutGradient(
        () -> {
          Tensor stored = effective;
          for (int i = parametrizations.size() - 1; i >= 0; i--) {
            stored = parametrizations.get(i).inverse(stored);
          }
          tensor.copy_(stored);
        });
  }

  /**
   * The parametrizations in the order in which they are applied.
   *
   * @return an unmodifiable view
   */
  public List<Parametrization> parametrizations() {
    return Collections.unmodifiableList(parametrizations);
  }

  /** Makes the effective weight the stored one and removes the parametrizations. */
  public void materialize() {
    materialize(parametrizations.size());
  }

  /**
   * Makes what the first parametrizations give the stored tensor and removes them; those after them
   * stay. {@link #value()} is bit for bit what it was.
   *
   * @param count how many parametrizations, from 0 to their number
   * @throws IllegalArgumentException if there are not so many
   */
  public void materialize(int count) {
    if (count < 0 || count > parametrizations.size()) {
      throw new IllegalArgumentException(
          "the parameter has "
              + parametrizations.size()
              + " parametrizations, so "
              + count
              + " of them cannot be materialized");
    }
    Scope.withoutGradient(
        () -> {
          List<Parametrization> first = parametrizations.subList(0, count);
          Tensor value = tensor;
          for (Parametrization parametrization : first) {
            value = parametrization.forward(value);
          }
          tensor.copy_(value);
          first.clear();
        });
  }

  @Override
  public String toString() {
    return "Parameter"
        + Arrays.toString(shape())
        + (parametrizations.isEmpty() ? "" : " through " + parametrizations.size() + " maps");
  }
}
