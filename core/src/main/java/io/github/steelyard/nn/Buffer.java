package io.github.steelyard.nn;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/** A tensor of a module that is saved with it but not trained, such as a running mean. */
public final class Buffer {
  static {
    Engine.start();
  }

  private final Tensor tensor;
  private final boolean persistent;

  Buffer(Tensor initial, boolean persistent) {
    this.tensor = Scope.keep(initial.detach());
    this.persistent = persistent;
  }

  /**
   * The tensor; change it in place ({@code copy_}, {@code add_}) without recording gradients.
   *
   * @return always the same object
   */
  public Tensor tensor() {
    return tensor;
  }

  /**
   * Whether the buffer is part of the state dict.
   *
   * @return false for values that can be recomputed
   */
  public boolean isPersistent() {
    return persistent;
  }
}
