package io.github.steelyard.nn;

import java.util.List;

/**
 * Channels between two layers that nothing else sees, so that some can be removed: a layer that
 * makes them, perhaps some that have something for each of them, and the layer that takes them.
 * What else lies between acts on each channel by itself.
 *
 * @param producer path of the {@link Conv2d} or {@link Linear} whose outputs they are, within the
 *     module that names the chain
 * @param between paths of what has something for each of these channels, in the order of the
 *     forward pass: batch normalizations, depthwise convolutions ({@link Conv2d#isDepthwise}) and
 *     {@link SqueezeExcite}; may be empty
 * @param consumer path of the {@link Conv2d} or {@link Linear} whose inputs they are; a linear
 *     layer after flattening takes several inputs of each channel, one after another
 */
public record ChannelChain(String producer, List<String> between, String consumer) {
  /**
   * Copies the list.
   *
   * @param producer path of the layer whose outputs the channels are
   * @param between paths of what has something for each of them
   * @param consumer path of the layer whose inputs they are
   */
  public ChannelChain {
    between = List.copyOf(between);
  }

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
            path + "." + producer,
            between.stream().map(part -> path + "." + part).toList(),
            path + "." + consumer);
  }
}
