package io.github.steelyard.nn;

import java.util.List;

/**
 * What was done to a state dict so that it fits a module.
 *
 * @param changes plain sentences such as {@code resized from 14x14 to 24x24 patches: pos_embed}, in
 *     the order of the work; empty if names, shapes and element types were the module's
 * @param newHeads paths of the layers that keep the weights they had, as the state dict has another
 *     number of classes or no head; empty if all weights were loaded
 */
public record StateDictReport(List<String> changes, List<String> newHeads) {
  /**
   * Copies the lists.
   *
   * @param changes plain sentences
   * @param newHeads paths of layers
   */
  public StateDictReport {
    changes = List.copyOf(changes);
    newHeads = List.copyOf(newHeads);
  }
}
