package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What passes over the data will cost, in seconds a batch: a first guess from how long the network
 * and its segments take on the first batch. {@link ExplanationWork} corrects it by what the passes
 * really take.
 *
 * @param segments what is known of each segment
 * @param run seconds of a run of the whole network
 */
record PassCosts(List<SegmentCost> segments, double run) {
  /**
   * One segment.
   *
   * @param from where it begins
   * @param to where it ends
   * @param form how its derivatives are computed
   * @param run seconds of a run
   */
  record SegmentCost(NodeLayer from, NodeLayer to, Form form, double run) {}

  /** How a segment's derivatives are computed. */
  enum Form {
    /** By backward passes. */
    ANY,
    /** Of a linear layer and an activation. */
    DENSE,
    /** Of a transformer block. */
    BLOCK
  }

  /** To go back through a segment costs about as much as to go through it once more. */
  private static final int BOTH_WAYS = 2;

  /** With few edges left many coordinates depend on the same ones, and share a run. */
  private static final double DIFFERENT = 0.3;

  /** As many rows as passes put together, so that what each call costs is shared too. */
  private static final long ROWS = 2048;

  private static final int TRIES = 3;

  static PassCosts measure(Segments segments, BatchSource data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.computeWithoutGradient(
          () -> {
            Tensor inputs = batches.next().inputs();
            List<Tensor> activations = segments.activations(inputs);
            double whole = seconds(() -> segments.activations(inputs));
            List<SegmentCost> costs = new ArrayList<>();
            for (int s = 0; s + 1 < segments.layers().size(); s++) {
              costs.add(segment(segments, s, activations.get(s)));
            }
            return new PassCosts(costs, whole);
          });
    }
  }

  private static SegmentCost segment(Segments segments, int segment, Tensor activation) {
    NodeLayer from = segments.layers().get(segment);
    long copies = Math.max(1, ROWS / (activation.size(0) * from.positions()));
    Tensor rows = activation.repeat(copies, 1, 1);
    double time = seconds(() -> segments.forward(segment, rows, segment + 1)) / copies;
    Form form = segments.block(segment).isPresent() ? Form.BLOCK : Form.ANY;
    return new SegmentCost(
        from,
        segments.layers().get(segment + 1),
        segments.dense(segment).isPresent() ? Form.DENSE : form,
        time);
  }

  /** Of several tries the fastest, which nothing else on the machine has held up. */
  private static double seconds(Runnable work) {
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      long start = System.nanoTime();
      Scope.run(work::run);
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    return Math.max(1, fastest) / 1e9;
  }

  /** M' of the layer where a segment begins. */
  double basis(int segment, InteractionConfiguration how) {
    SegmentCost cost = segments.get(segment);
    double once = BOTH_WAYS * how.quadrature().points().length * cost.run();
    if (how.basis() != BasisKind.LOCAL) {
      return run + once;
    }
    boolean closed = how.sources().exactBasis();
    return run
        + switch (closed ? cost.form() : Form.ANY) {
          case DENSE -> once;
          case BLOCK ->
              how.quadrature().points().length == 1 ? perDirection(cost) : each(cost, how);
          case ANY -> each(cost, how);
        };
  }

  /** The edges of a segment. */
  double edges(int segment, InteractionConfiguration how) {
    SegmentCost cost = segments.get(segment);
    boolean closed = how.edges() == EdgeKind.SQUARED && how.sources().edges() == 0;
    return run
        + switch (closed ? cost.form() : Form.ANY) {
          case DENSE, BLOCK -> how.quadrature().points().length * perDirection(cost);
          case ANY -> each(cost, how);
        };
  }

  private static double perDirection(SegmentCost cost) {
    return cost.run() * cost.to().width();
  }

  private static double each(SegmentCost cost, InteractionConfiguration how) {
    return BOTH_WAYS
        * how.quadrature().points().length
        * perDirection(cost)
        * cost.to().positions();
  }

  /** What it takes to try some edges: their segment is run for each coordinate of its end. */
  double trialOfEdges(int segment) {
    return 2 * run + DIFFERENT * perDirection(segments.get(segment));
  }
}
