package io.github.steelyard.optim;

import io.github.steelyard.runtime.State;
import java.util.List;

/** An optimizer whose whole state is in {@link Slots}. */
abstract class SlotOptimizer implements Optimizer {
  private final Slots slots;

  /** Moves the parameters of these slots. */
  SlotOptimizer(Slots slots) {
    this.slots = slots;
  }

  /** The parameters and what is remembered of each. */
  final Slots slots() {
    return slots;
  }

  @Override
  public final List<ParameterGroup> groups() {
    return slots.groups();
  }

  @Override
  public final State state() {
    return slots.state();
  }

  @Override
  public final void restore(State state) {
    slots.restore(state);
  }
}
