package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Stateful;
import java.util.List;

/**
 * Moves parameters by their gradients. Anybody can write one: most easily as a {@link
 * SlotOptimizer}, which has the state, the groups and the checks already. An implementation from
 * scratch must
 *
 * <ul>
 *   <li>read the learning rate and the weight decay from the group at every step,
 *   <li>skip parameters whose gradient is not defined,
 *   <li>change {@link Parameter#tensor()} in place, without recording gradients and inside a {@link
 *       io.github.steelyard.runtime.Scope},
 *   <li>put everything it needs to continue bit-exactly into {@link #state()}.
 * </ul>
 */
public interface Optimizer extends Stateful {
  /**
   * The parameters that are moved.
   *
   * @return the groups, the same objects at each call
   */
  List<ParameterGroup> groups();

  /** Moves every parameter that has a gradient, once. */
  void step();

  /** Drops all gradients, so that the next backward pass starts afresh. */
  default void zeroGrad() {
    for (ParameterGroup group : groups()) {
      group.parameters().values().forEach(parameter -> parameter.tensor().mutable_grad().reset());
    }
  }
}
