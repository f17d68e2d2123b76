package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import java.util.HashSet;
import java.util.List;

/** Checks the names of the layers at which a network is to be cut. */
final class SegmentNames {
  private SegmentNames() {}

  static void check(Module model, List<String> names) {
    if (names.size() < 2) {
      throw new IllegalArgumentException(
          "a segment needs two layers, but "
              + (names.isEmpty() ? "none was" : "only " + names + " was")
              + " given; the taps are "
              + model.namedTaps().keySet());
    }
    if (model.namedTaps().containsKey(Segments.OUTPUT)) {
      throw new IllegalArgumentException(
          model
              + " has a tap named 'output', which here means the network's output; give the tap"
              + " another name");
    }
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (name.equals(Segments.OUTPUT) && i < names.size() - 1) {
        throw new IllegalArgumentException(
            "'output' must be the last layer, but is number " + (i + 1) + " of " + names);
      }
      if (!name.equals(Segments.OUTPUT)) {
        model.getTap(name);
      }
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new IllegalArgumentException("a layer is named twice: " + names);
    }
  }
}
