package io.github.steelyard.data;

import java.util.Iterator;

/**
 * The batches of one epoch in order. The tensors of a batch belong to the {@link
 * io.github.steelyard.runtime.Scope} in which {@link #next()} is called and are released with it.
 */
public interface BatchStream extends Iterator<Batch>, AutoCloseable {
  /** Stops any work ahead; batches that were not taken are released. */
  @Override
  void close();
}
