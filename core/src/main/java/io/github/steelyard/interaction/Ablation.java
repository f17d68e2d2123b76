package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Removes basis vectors of a layer, or edges of a segment, and measures how good the network still
 * is. Any {@link LayerBasis} is taken, whatever its kind: an interaction basis, principal
 * components or the neurons.
 *
 * <p>Basis vectors: the activation is projected, {@code a -> a C' C^+}, C' being C with all but the
 * most important columns set to 0. Edges: each coordinate of the next layer is computed from those
 * coordinates alone whose edge to it is kept.
 *
 * <p>Cost: a forward pass over the data a point; for edges up to one per coordinate of the next
 * layer.
 */
public final class Ablation {
  /** Bounds the rows that one forward pass of masked activations takes. */
  private static final long ROWS = 8192;

  private final Segments segments;
  private final DataPass data;

  /**
   * Measurements on some data, which may be other data than the basis was made from.
   *
   * @param segments the cut network, whose output is [n, classes]
   * @param data inputs with their classes; its epoch 0 is read
   */
  public Ablation(Segments segments, BatchSource data) {
    this(segments, data, AnalysisListener.SILENT);
  }

  /**
   * Measurements that tell somebody how far they are: a curve is one pass over the data, a
   * bisection one for each number that is tried.
   *
   * @param segments the cut network, whose output is [n, classes]
   * @param data inputs with their classes; its epoch 0 is read
   * @param listener hears of each batch
   */
  public Ablation(Segments segments, BatchSource data, AnalysisListener listener) {
    this.segments = segments;
    this.data = new DataPass(data, listener);
  }

  /** A changed activation and the layer where the network goes on with it. */
  private record Change(int layer, UnaryOperator<Tensor> edit) {}

  /**
   * The network as it is.
   *
   * @return its score
   */
  public AblationScore base() {
    return scores(0, List.of(new Change(0, UnaryOperator.identity()))).get(0);
  }

  /**
   * A curve over the basis vectors that are kept.
   *
   * @param layer the layer's number
   * @param basis a basis of that layer
   * @param schedule how many are kept
   * @return one point for each number
   * @throws IllegalArgumentException if the basis is of another layer
   */
  public AblationCurve vectors(int layer, LayerBasis basis, AblationSchedule schedule) {
    requireLayer(layer, basis);
    return curve(layer, basis.layer().width(), schedule, kept -> projection(layer, basis, kept));
  }

  /**
   * How many basis vectors are needed.
   *
   * @param layer the layer's number
   * @param basis a basis of that layer
   * @param tolerance how much worse the network may become
   * @return found by bisection: monotony is assumed
   * @throws IllegalArgumentException if the basis is of another layer
   */
  public AblationBisection vectors(int layer, LayerBasis basis, AblationTolerance tolerance) {
    requireLayer(layer, basis);
    return bisection(
        layer, basis.layer().width(), tolerance, kept -> projection(layer, basis, kept));
  }

  /**
   * A curve over the edges that are kept.
   *
   * @param segment the segment's number
   * @param result bases and edges of this network
   * @param schedule how many are kept; edges from the constant direction, which are always kept, do
   *     not count
   * @return one point for each number
   * @throws IllegalArgumentException if the bases are of other layers
   */
  public AblationCurve edges(int segment, InteractionResult result, AblationSchedule schedule) {
    return curve(
        segment, edgeCount(segment, result), schedule, kept -> mask(segment, result, kept));
  }

  /**
   * How many edges are needed.
   *
   * @param segment the segment's number
   * @param result bases and edges of this network
   * @param tolerance how much worse the network may become
   * @return found by bisection: monotony is assumed
   * @throws IllegalArgumentException if the bases are of other layers
   */
  public AblationBisection edges(
      int segment, InteractionResult result, AblationTolerance tolerance) {
    return bisection(
        segment, edgeCount(segment, result), tolerance, kept -> mask(segment, result, kept));
  }

  private int edgeCount(int segment, InteractionResult result) {
    requireLayer(segment, result.layers().get(segment));
    requireLayer(segment + 1, result.layers().get(segment + 1));
    return Math.multiplyExact(
        segments.layers().get(segment).width(), segments.layers().get(segment + 1).width());
  }

  private void requireLayer(int layer, LayerBasis basis) {
    if (!segments.layers().get(layer).equals(basis.layer())) {
      throw new IllegalArgumentException(
          "layer %d of the network is %s, but the basis is of %s"
              .formatted(layer, segments.layers().get(layer), basis.layer()));
    }
  }

  private AblationCurve curve(
      int layer, int total, AblationSchedule schedule, IntFunction<Change> changes) {
    int[] kept = schedule.kept(total);
    List<Change> all = new ArrayList<>(List.of(new Change(layer, UnaryOperator.identity())));
    Arrays.stream(kept).mapToObj(changes).forEach(all::add);
    List<AblationScore> scores = scores(layer, all);
    List<AblationPoint> points = new ArrayList<>();
    for (int i = 0; i < kept.length; i++) {
      points.add(new AblationPoint(kept[i], scores.get(i + 1)));
    }
    return new AblationCurve(segments.layers().get(layer), total, scores.get(0), points);
  }

  private AblationBisection bisection(
      int layer, int total, AblationTolerance tolerance, IntFunction<Change> changes) {
    AblationScore base = base();
    List<AblationPoint> tried = new ArrayList<>();
    int good = 0;
    int bad = total;
    while (bad - good > 1) {
      int removed = (good + bad) / 2;
      Change change = changes.apply(total - removed);
      AblationScore score = scores(layer, List.of(change)).get(0);
      tried.add(new AblationPoint(total - removed, score));
      if (tolerance.isMet(base, score)) {
        good = removed;
      } else {
        bad = removed;
      }
    }
    return new AblationBisection(segments.layers().get(layer), total, total - good, base, tried);
  }

  private List<AblationScore> scores(int layer, List<Change> changes) {
    List<ScoreSums> sums = changes.stream().map(change -> new ScoreSums()).toList();
    data.forEach(
        "ablation of " + segments.layers().get(layer).name(),
        (inputs, targets) ->
            Scope.withoutGradient(
                () -> {
                  Tensor activation = segments.activations(inputs).get(layer);
                  for (int i = 0; i < changes.size(); i++) {
                    Change change = changes.get(i);
                    ScoreSums sum = sums.get(i);
                    Scope.run(
                        () ->
                            sum.add(
                                segments.finish(change.layer(), change.edit().apply(activation)),
                                targets));
                    data.within((i + 1.0) / changes.size());
                  }
                }));
    return sums.stream().map(ScoreSums::score).toList();
  }

  /** With all directions the activation stays as it is: nothing is lost to rounding. */
  private Change projection(int layer, LayerBasis basis, int kept) {
    if (kept >= basis.rank()) {
      return new Change(layer, UnaryOperator.identity());
    }
    int[] chosen = Arrays.copyOf(basis.columnsByImportance(), kept);
    Tensor projection =
        Scope.keep(
            Scope.computeWithoutGradient(
                () ->
                    SegmentMap.placed(
                        segments,
                        Matrices.columns(basis.vectors(), chosen)
                            .matmul(Matrices.rows(basis.inverse(), chosen)))));
    return new Change(layer, activation -> activation.matmul(projection));
  }

  private Change mask(int segment, InteractionResult result, int kept) {
    LayerBasis from = result.layers().get(segment);
    LayerBasis to = result.layers().get(segment + 1);
    EdgeMask mask =
        EdgeMask.largest(
            result.edges().get(segment).weights(), kept, from.constantFirst() ? 0 : -1);
    if (mask.keepsAll()) {
      return new Change(segment, UnaryOperator.identity());
    }
    SegmentMap map = SegmentMap.ofCoordinates(segments, segment, from, to);
    Tensor vectors = Scope.keep(SegmentMap.placed(segments, from.vectors()));
    Tensor inverse = Scope.keep(SegmentMap.placed(segments, to.inverse()));
    Tensor rows = Scope.keep(SegmentMap.placed(segments, mask.rows()));
    Tensor rowOf = Scope.keep(mask.rowOf());
    return new Change(
        segment + 1,
        activation -> masked(map, activation.matmul(vectors), rows, rowOf).matmul(inverse));
  }

  private static Tensor masked(SegmentMap map, Tensor coordinates, Tensor rows, Tensor rowOf) {
    long n = coordinates.size(0);
    long number = rows.size(0);
    long each = Math.max(1, ROWS / (n * coordinates.size(1)));
    Tensor own = rowOf.to(coordinates.device(), rowOf.scalar_type());
    Tensor result = null;
    for (long first = 0; first < number; first += each) {
      long some = Math.min(each, number - first);
      Tensor masks = rows.narrow(0, first, some).reshape(some, 1, 1, -1);
      Tensor inputs =
          coordinates
              .unsqueeze(0)
              .mul(masks)
              .reshape(some * n, coordinates.size(1), coordinates.size(2));
      Tensor outputs = map.apply(inputs);
      outputs = outputs.reshape(some, n, outputs.size(1), outputs.size(2));
      Tensor part = chosen(outputs, own, first);
      result = result == null ? part : result.add(part);
    }
    return result;
  }

  /** Each coordinate from the copy with its own mask; 0 where that is another part's. */
  private static Tensor chosen(Tensor outputs, Tensor own, long first) {
    long some = outputs.size(0);
    Tensor copies =
        torch
            .arange(new Scalar(some))
            .to(own.device(), own.scalar_type())
            .add(new Scalar(first))
            .reshape(-1, 1);
    Tensor mine = copies.eq(own.unsqueeze(0)).to(outputs.scalar_type()).reshape(some, 1, 1, -1);
    return outputs.mul(mine).sum(0);
  }
}
