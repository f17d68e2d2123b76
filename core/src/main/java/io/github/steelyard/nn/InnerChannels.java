package io.github.steelyard.nn;

import java.util.List;

/** A module that says which channels inside it nothing outside sees; they can be pruned. */
public interface InnerChannels {
  /**
   * The chains directly in this module; modules inside it name their own.
   *
   * @return chains with paths within this module, in the order of the forward pass
   */
  List<ChannelChain> channelChains();
}
