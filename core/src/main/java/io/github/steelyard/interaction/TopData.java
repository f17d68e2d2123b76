package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;

/**
 * The data points at which a basis vector's coordinate is largest in size.
 *
 * @param points by layer and basis vector, the largest first
 */
public record TopData(List<List<List<Point>>> points) {
  /**
   * A data point.
   *
   * @param sample its number in the data, from 0
   * @param value the coordinate there, with its sign; with positions that of the largest one
   */
  public record Point(long sample, double value) {}

  /**
   * Copies the lists.
   *
   * @param points by layer and basis vector
   */
  public TopData {
    points = points.stream().map(layer -> layer.stream().map(List::copyOf).toList()).toList();
  }

  /**
   * Looks for them in one pass.
   *
   * @param segments the cut network
   * @param result its bases
   * @param data its epoch 0 is read
   * @param count how many are kept for each basis vector, at least 1
   * @param listener hears of each batch
   * @return the points
   * @throws IllegalArgumentException if the count is below 1
   */
  public static TopData find(
      Segments segments,
      InteractionResult result,
      BatchSource data,
      int count,
      AnalysisListener listener) {
    if (count < 1) {
      throw new IllegalArgumentException("count must be at least 1, but is " + count);
    }
    List<List<PriorityQueue<Point>>> best = new ArrayList<>();
    for (LayerBasis basis : result.layers()) {
      List<PriorityQueue<Point>> layer = new ArrayList<>();
      for (int k = 0; k < basis.rank(); k++) {
        layer.add(new PriorityQueue<>(Comparator.comparingDouble(p -> Math.abs(p.value()))));
      }
      best.add(layer);
    }
    long[] before = new long[1];
    new DataPass(data, listener)
        .forEachInAllRanks(
            "top data points",
            (inputs, targets) -> {
              Scope.withoutGradient(
                  () -> {
                    List<Tensor> activations = segments.activations(inputs);
                    for (int l = 0; l < best.size(); l++) {
                      Tensor vectors =
                          SegmentMap.placed(segments, result.layers().get(l).vectors());
                      take(activations.get(l).matmul(vectors), best.get(l), count, before[0]);
                    }
                  });
              before[0] += inputs.size(0);
            });
    return new TopData(
        best.stream().map(layer -> layer.stream().map(TopData::falling).toList()).toList());
  }

  private static List<Point> falling(PriorityQueue<Point> queue) {
    return queue.stream()
        .sorted(Comparator.comparingDouble((Point p) -> -Math.abs(p.value())))
        .toList();
  }

  /** Takes coordinates [n, positions, rank]. */
  private static void take(
      Tensor coordinates, List<PriorityQueue<Point>> best, int count, long before) {
    if (best.isEmpty()) {
      return;
    }
    Tensor sizes = coordinates.abs();
    Tensor place = sizes.argmax(new LongOptional(1), true);
    Tensor largest = coordinates.gather(1, place).squeeze(1);
    long some = Math.min(count, largest.size(0));
    T_TensorTensor_T top = largest.abs().topk(some, 0, true, true);
    double[] values = Matrices.values(largest.gather(0, top.get1()));
    double[] samples = Matrices.values(top.get1());
    for (int i = 0; i < values.length; i++) {
      PriorityQueue<Point> queue = best.get(i % best.size());
      queue.add(new Point(before + (long) samples[i], values[i]));
      if (queue.size() > count) {
        queue.remove();
      }
    }
  }
}
