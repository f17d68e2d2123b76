package io.github.steelyard.cli.explain;

import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.NodeLayer;
import io.github.steelyard.interaction.Sections;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What passes over the data cost, in runs of the whole network on a batch. How much of a run each
 * section takes is measured on the first batch, so that the time left can be told.
 *
 * @param layers where the network is cut
 * @param sections the share of a run that each section takes
 */
record PassCosts(List<NodeLayer> layers, List<Double> sections) {
  /** To go back through a section costs about as much as to go through it once more. */
  private static final int BOTH_WAYS = 2;

  /** With few edges left many coordinates depend on the same ones, and share a run. */
  private static final double DIFFERENT = 0.3;

  private static final long ROWS = 2048;
  private static final int TRIES = 5;

  static PassCosts measure(Sections sections, DataLoader data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.computeWithoutGradient(
          () -> {
            Tensor inputs = batches.next().inputs();
            List<Tensor> activations = sections.activations(inputs);
            long whole = nanoseconds(() -> sections.activations(inputs));
            List<Double> shares = new ArrayList<>();
            for (int s = 0; s + 1 < sections.layers().size(); s++) {
              int section = s;
              // As many rows as passes put together, so that what each call costs is shared too.
              long copies = Math.max(1, ROWS / inputs.size(0));
              Tensor rows = activations.get(s).repeat(copies, 1, 1);
              long time = nanoseconds(() -> sections.forward(section, rows, section + 1));
              shares.add((double) time / copies / whole);
            }
            return new PassCosts(sections.layers(), shares);
          });
    }
  }

  /** Of several tries the fastest, which nothing else on the machine has held up. */
  private static long nanoseconds(Runnable work) {
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      long start = System.nanoTime();
      Scope.run(work::run);
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    return Math.max(1, fastest);
  }

  /** How many passes an analysis takes. */
  int passes(InteractionConfiguration how) {
    int bases = usesNextLayer(how) ? sections.size() : 0;
    return (how.centred() ? 2 : 1) + bases + sections.size();
  }

  /** What a pass of an analysis costs, on average. */
  double pass(InteractionConfiguration how) {
    int alphas = how.quadrature().points().length;
    double sum = 0;
    for (int s = 0; s < sections.size(); s++) {
      NodeLayer next = layers.get(s + 1);
      double once = BOTH_WAYS * alphas * sections.get(s);
      double each = once * next.width() * next.positions();
      sum += each;
      if (usesNextLayer(how)) {
        sum += how.basis() == BasisKind.LOCAL ? each : once;
      }
    }
    return 1 + sum / passes(how);
  }

  private static boolean usesNextLayer(InteractionConfiguration how) {
    return how.basis() != BasisKind.SVD && how.basis() != BasisKind.NEURON;
  }

  /** What it costs to try some edges: their section is run for each coordinate of its end. */
  double trialOfEdges(int section) {
    return 2 + DIFFERENT * sections.get(section) * layers.get(section + 1).width();
  }
}
