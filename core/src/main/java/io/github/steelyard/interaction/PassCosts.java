package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What passes over the data cost, in runs of the whole network on a batch. How much of a run each
 * segment takes is measured on the first batch, so that the time left can be told.
 *
 * @param layers where the network is cut
 * @param segments the share of a run that each segment takes
 */
record PassCosts(List<NodeLayer> layers, List<Double> segments) {
  /** To go back through a segment costs about as much as to go through it once more. */
  private static final int BOTH_WAYS = 2;

  /** With few edges left many coordinates depend on the same ones, and share a run. */
  private static final double DIFFERENT = 0.3;

  private static final long ROWS = 2048;
  private static final int TRIES = 5;

  static PassCosts measure(Segments segments, BatchSource data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.computeWithoutGradient(
          () -> {
            Tensor inputs = batches.next().inputs();
            List<Tensor> activations = segments.activations(inputs);
            long whole = nanoseconds(() -> segments.activations(inputs));
            List<Double> shares = new ArrayList<>();
            for (int s = 0; s + 1 < segments.layers().size(); s++) {
              int segment = s;
              // As many rows as passes put together, so that what each call costs is shared too.
              long copies = Math.max(1, ROWS / inputs.size(0));
              Tensor rows = activations.get(s).repeat(copies, 1, 1);
              long time = nanoseconds(() -> segments.forward(segment, rows, segment + 1));
              shares.add((double) time / copies / whole);
            }
            return new PassCosts(segments.layers(), shares);
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
    int bases = how.basis().usesNextLayer() ? segments.size() : 0;
    return (how.centred() ? 2 : 1) + bases + segments.size();
  }

  /** What a pass of an analysis costs, on average. */
  double pass(InteractionConfiguration how) {
    int alphas = how.quadrature().points().length;
    double sum = 0;
    for (int s = 0; s < segments.size(); s++) {
      NodeLayer next = layers.get(s + 1);
      double once = BOTH_WAYS * alphas * segments.get(s);
      double each = once * next.width() * next.positions();
      sum += each;
      if (how.basis().usesNextLayer()) {
        sum += how.basis() == BasisKind.LOCAL ? each : once;
      }
    }
    return 1 + sum / passes(how);
  }

  /** What it costs to try some edges: their segment is run for each coordinate of its end. */
  double trialOfEdges(int segment) {
    return 2 + DIFFERENT * segments.get(segment) * layers.get(segment + 1).width();
  }
}
