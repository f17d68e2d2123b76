package io.github.steelyard.optim;

import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Parameters that are moved together: of one group, type and device, and with the same number of
 * steps, so that one call of a kernel can move them all.
 */
public final class Bucket {
  private final ParameterGroup group;
  private final List<Slot> slots;

  /** At least one slot. */
  Bucket(ParameterGroup group, List<Slot> slots) {
    this.group = group;
    this.slots = slots;
  }

  /**
   * The group of all of them, which has their learning rate and weight decay.
   *
   * @return the group
   */
  public ParameterGroup group() {
    return group;
  }

  List<Slot> slots() {
    return slots;
  }

  /**
   * How many parameters there are.
   *
   * @return at least 1
   */
  public int size() {
    return slots.size();
  }

  /**
   * The number of the step that is being taken, the same for all of them.
   *
   * @return from 1
   */
  public long step() {
    return slots.get(0).steps;
  }

  /**
   * The tensors to move.
   *
   * @return the live tensors
   */
  public List<Tensor> parameters() {
    return slots.stream().map(slot -> slot.parameter.tensor()).toList();
  }

  /**
   * Their gradients, of the same shapes and laid out in memory alike. They may be the live ones:
   * change copies.
   *
   * @return in the order of {@link #parameters}
   */
  public List<Tensor> gradients() {
    return slots.stream().map(Slot::gradient).toList();
  }

  /**
   * What is remembered of each of them: zeros at the first step.
   *
   * @param name the name of a moment that the optimizer was made with
   * @return the live tensors, to be changed in place, in the order of {@link #parameters}
   * @throws IllegalArgumentException if there is no moment of this name; the message names the
   *     nearest
   */
  public List<Tensor> moments(String name) {
    List<String> names = slots.get(0).momentNames;
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          "the optimizer has no moment '" + name + "'" + Suggestion.clause(name, names));
    }
    return moments(names.indexOf(name));
  }

  /** Moments by their position, for kernels of several optimizers that name them differently. */
  List<Tensor> moments(int index) {
    List<Tensor> moments = new ArrayList<>(slots.size());
    slots.forEach(slot -> moments.add(slot.moments.get(index)));
    return moments;
  }

  /** {@link #moments(int)} as {@link FusedKernel} takes them fastest. */
  List<IValue> momentValues(int index) {
    return slots.stream().map(slot -> slot.momentValue(index)).toList();
  }

  /** The number of the step as libtorch wants it: one tensor per parameter (the same one). */
  List<Tensor> stepTensors() {
    Tensor first = slots.get(0).parameter.tensor();
    Tensor step =
        torch.full(
            new long[0],
            new Scalar((double) step()),
            first.options().dtype(new ScalarTypeOptional(ScalarType.Float)));
    return Collections.nCopies(slots.size(), step);
  }
}
