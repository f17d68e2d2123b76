package io.github.steelyard.cli;

import io.github.steelyard.interaction.NodeLayer;
import io.github.steelyard.interaction.StageListener;
import java.util.List;

/** Turns batches of passes that cost more or less into steps of one progress. */
final class ExplanationWork {
  /** What a pass for bases or edges costs, compared with running the network once. */
  static final long BACKWARD = 5;

  private final Progress progress;
  private long done;

  ExplanationWork(Progress progress) {
    this.progress = progress;
  }

  StageListener costing(long steps) {
    return (stage, batch, total) -> {
      progress.task(stage);
      done += steps;
      progress.update(done, "batch " + batch + " of " + total);
    };
  }

  /** How many steps there are for each batch of the data. */
  static long passes(List<NodeLayer> layers, ExplanationSettings settings) {
    int sections = layers.size() - 1;
    int others = settings.others().size();
    long passes = 1 + BACKWARD * (1L + others) * (2 + 2L * sections);
    for (NodeLayer layer : layers.subList(0, sections)) {
      passes += Math.max(3, 1 + others) * BasisComparison.passes(layer.width());
    }
    for (int s = 0; settings.countsEdges() && s < sections; s++) {
      passes += (1 + others) * EdgeComparison.passes(layers.get(s), layers.get(s + 1));
    }
    return passes;
  }
}
