package io.github.steelyard.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Slots that one call of a kernel moves: of one group, type and device, and with the same number of
 * steps.
 *
 * @param group their group
 * @param slots at least one
 */
record Bucket(ParameterGroup group, List<Slot> slots) {
  /** The number of the step that is being taken, from 1; the same for all slots. */
  long step() {
    return slots.get(0).steps;
  }

  List<Tensor> parameters() {
    return slots.stream().map(slot -> slot.parameter.tensor()).toList();
  }

  List<Tensor> gradients() {
    return slots.stream().map(Slot::gradient).toList();
  }

  List<Tensor> moments(int index) {
    List<Tensor> moments = new ArrayList<>(slots.size());
    slots.forEach(slot -> moments.add(slot.moments.get(index)));
    return moments;
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
