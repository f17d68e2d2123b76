package io.github.steelyard.io.inspect;

import java.util.ArrayList;
import java.util.List;

/**
 * How many values lie where. Bins are equally wide; bin i holds edges[i] &lt;= value &lt;
 * edges[i+1], the last one also its upper edge. If all values are equal there is one bin of no
 * width.
 *
 * @param edges the limits of the bins, rising, one more than there are bins
 * @param counts how many values each bin holds
 */
public record Histogram(List<Double> edges, List<Long> counts) {
  /**
   * Copies the lists.
   *
   * @param edges the limits of the bins
   * @param counts how many values each bin holds
   * @throws IllegalArgumentException if there is not one more edge than there are bins
   */
  public Histogram {
    edges = List.copyOf(edges);
    counts = List.copyOf(counts);
    if (edges.size() != counts.size() + 1) {
      throw new IllegalArgumentException(
          counts.size() + " bins need one more edge than that, not " + edges.size());
    }
  }

  /**
   * How densely values lie in each bin: the area below all bins is 1, so that histograms of bins of
   * different widths can be compared.
   *
   * @return count / (sum of counts * width of the bin); infinite for a bin of no width, not a
   *     number where it is empty as well
   */
  public List<Double> densities() {
    double all = counts.stream().mapToDouble(Long::doubleValue).sum();
    List<Double> densities = new ArrayList<>();
    for (int bin = 0; bin < counts.size(); bin++) {
      densities.add(counts.get(bin) / (all * (edges.get(bin + 1) - edges.get(bin))));
    }
    return densities;
  }
}
