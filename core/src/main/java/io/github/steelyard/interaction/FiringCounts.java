package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How often the units of a ReLU layer fire, each and together. */
final class FiringCounts {
  private final String name;
  private final Sums together;
  private final Sums products;

  FiringCounts(String name) {
    this.name = name;
    this.together = new Sums();
    this.products = new Sums();
  }

  void add(Tensor activation) {
    Tensor rows = activation.detach().to(ScalarType.Double).reshape(-1, activation.size(-1));
    Tensor fires = rows.gt(new Scalar(0.0)).to(ScalarType.Double);
    together.add(fires.t().matmul(fires));
    products.add(rows.t().matmul(rows));
  }

  FiringDegeneracy degeneracy(double tolerance) {
    double[] counts = Matrices.values(together.value());
    int width = (int) Math.round(Math.sqrt(counts.length));
    int[] living = IntStream.range(0, width).filter(i -> counts[i * width + i] > 0).toArray();
    double jaccard = 0;
    long same = 0;
    long pairs = 0;
    Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
    boolean[] placed = new boolean[width];
    for (int a = 0; a < living.length; a++) {
      int i = living[a];
      for (int b = a + 1; b < living.length; b++) {
        int k = living[b];
        double both = counts[i * width + k];
        double any = counts[i * width + i] + counts[k * width + k] - both;
        jaccard += both / any;
        pairs++;
        if (both == any) { // counts are whole numbers
          same++;
          if (!placed[i] || groups.containsKey(i)) {
            groups.computeIfAbsent(i, first -> new ArrayList<>(List.of(first))).add(k);
            placed[i] = true;
            placed[k] = true;
          }
        }
      }
    }
    List<List<Integer>> all = new ArrayList<>(groups.values());
    List<Integer> ranks = all.stream().map(group -> rank(group, tolerance)).toList();
    return new FiringDegeneracy(
        name,
        width,
        width - living.length,
        all,
        ranks,
        pairs == 0 ? Double.NaN : jaccard / pairs,
        pairs == 0 ? 0 : (double) same / pairs);
  }

  private int rank(List<Integer> group, double tolerance) {
    int[] chosen = group.stream().mapToInt(Integer::intValue).toArray();
    return GramRank.of(
        Matrices.columns(Matrices.rows(products.value(), chosen), chosen), tolerance);
  }
}
