package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Which edges of a segment are kept: the largest ones. */
final class EdgeMask {
  private final List<boolean[]> distinct = new ArrayList<>();
  private final int[] rowOf;

  private EdgeMask(boolean[][] kept) {
    Map<List<Boolean>, Integer> known = new LinkedHashMap<>();
    rowOf = new int[kept.length];
    for (int i = 0; i < kept.length; i++) {
      boolean[] row = kept[i];
      List<Boolean> key = IntStream.range(0, row.length).mapToObj(j -> row[j]).toList();
      Integer number = known.putIfAbsent(key, known.size());
      if (number == null) {
        distinct.add(row);
      }
      rowOf[i] = known.get(key);
    }
  }

  /**
   * The largest edges.
   *
   * @param edges E of the segment
   * @param number how many; those as large as the smallest of them are kept too
   * @param free a column that is kept in any case and not counted, or -1
   */
  static EdgeMask largest(Tensor edges, int number, int free) {
    int rows = Math.toIntExact(edges.size(0));
    int columns = Math.toIntExact(edges.size(1));
    double[] values = Matrices.values(edges);
    double[] counted =
        IntStream.range(0, values.length)
            .filter(i -> i % columns != free)
            .mapToDouble(i -> values[i])
            .sorted()
            .toArray();
    double smallest =
        number == 0
            ? Double.POSITIVE_INFINITY
            : number >= counted.length
                ? Double.NEGATIVE_INFINITY
                : counted[counted.length - number];
    boolean[][] kept = new boolean[rows][columns];
    for (int i = 0; i < values.length; i++) {
      kept[i / columns][i % columns] = i % columns == free || values[i] >= smallest;
    }
    return new EdgeMask(kept);
  }

  boolean keepsAll() {
    return distinct.stream().allMatch(row -> IntStream.range(0, row.length).allMatch(j -> row[j]));
  }

  /** The different rows as 0 and 1, [rows, columns]. */
  Tensor rows() {
    int columns = distinct.get(0).length;
    double[] ones = new double[distinct.size() * columns];
    for (int i = 0; i < ones.length; i++) {
      ones[i] = distinct.get(i / columns)[i % columns] ? 1 : 0;
    }
    return Tensor.create(ones, (long) distinct.size(), (long) columns);
  }

  /** For each coordinate of the next layer, which of the different rows is its own. */
  Tensor rowOf() {
    return Tensor.create(Arrays.stream(rowOf).asLongStream().toArray(), (long) rowOf.length);
  }
}
