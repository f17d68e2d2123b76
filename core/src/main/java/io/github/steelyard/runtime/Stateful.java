package io.github.steelyard.runtime;

/** An object whose state goes into a checkpoint, so that a run resumes bit-exactly. */
public interface Stateful {
  /**
   * The state now. Its tensors may be the live ones: whoever keeps them longer copies them.
   *
   * @return the state, empty by default
   */
  default State state() {
    return State.empty();
  }

  /**
   * Continues from a state that {@link #state()} returned. Either all of it is taken or, when it
   * does not fit, nothing.
   *
   * @param state the state to take over
   * @throws IllegalArgumentException if the state does not fit this object; the message names the
   *     key, what it holds and what was expected
   */
  default void restore(State state) {
    if (!state.tensors().isEmpty() || !state.values().isEmpty()) {
      throw new IllegalArgumentException(
          getClass().getSimpleName()
              + " has no state, but the checkpoint holds "
              + state.tensors().keySet()
              + " and "
              + state.values().keySet()
              + " for it");
    }
  }
}
