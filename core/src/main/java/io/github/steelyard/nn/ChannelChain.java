package io.github.steelyard.nn;

import java.util.Optional;

/**
 * Channels between two layers that nothing else sees, so that some can be removed: a layer that
 * makes them, perhaps a batch normalization, and the layer that takes them. What lies between acts
 * on each channel by itself.
 *
 * @param producer path of the {@link Conv2d} or {@link Linear} whose outputs they are, within the
 *     module that names the chain
 * @param normalization path of the batch normalization of these channels, or empty
 * @param consumer path of the {@link Conv2d} or {@link Linear} whose inputs they are; a linear
 *     layer after flattening takes several inputs of each channel, one after another
 */
public record ChannelChain(String producer, Optional<String> normalization, String consumer) {

  /**
   * The same chain, seen from a module further out.
   *
   * @param path of the module that named the chain, within that one; empty for itself
   * @return the chain with longer paths
   */
  public ChannelChain within(String path) {
    return path.isEmpty()
        ? this
        : new ChannelChain(
            path + "." + producer, normalization.map(n -> path + "." + n), path + "." + consumer);
  }
}
