package io.github.steelyard.io;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The finite values of a tensor in TensorFlow's buckets, whose limits grow by a tenth from 1e-12 to
 * 1e20 on both sides of zero. Bucket i holds limit(i-1) &lt;= value &lt; limit(i); a run of empty
 * buckets is merged into one.
 */
record EventHistogram(
    double min,
    double max,
    long count,
    double sum,
    double sumOfSquares,
    List<Double> limits,
    List<Double> buckets) {

  private static final List<Double> LIMITS = defaultLimits();

  private static List<Double> defaultLimits() {
    List<Double> positive = new ArrayList<>();
    for (double limit = 1e-12; limit < 1e20; limit *= 1.1) {
      positive.add(limit);
    }
    positive.add(Double.MAX_VALUE);
    List<Double> limits = new ArrayList<>();
    positive.forEach(limit -> limits.add(-limit));
    Collections.reverse(limits);
    limits.add(0.0);
    limits.addAll(positive);
    return List.copyOf(limits);
  }

  static EventHistogram of(Tensor values) {
    return Scope.computeWithoutGradient(() -> count(values));
  }

  private static EventHistogram count(Tensor values) {
    Tensor all = values.detach().cpu().to(ScalarType.Double).reshape(-1);
    Tensor finite = all.masked_select(torch.isfinite(all));
    long count = finite.numel();
    if (count == 0) {
      return new EventHistogram(0, 0, 0, 0, 0, List.of(Double.MAX_VALUE), List.of(0.0));
    }
    int size = LIMITS.size();
    Tensor limits =
        torch.empty(
            new long[] {size}, new TensorOptions(ScalarType.Double), new MemoryFormatOptional());
    SafeTensorsFile.memory(limits, 0, size * Double.BYTES)
        .asDoubleBuffer()
        .put(LIMITS.stream().mapToDouble(Double::doubleValue).toArray());
    Tensor places = torch.bucketize(finite, limits, false, true);
    // The largest double has no limit above it; it goes into the last bucket.
    long[] counts = new long[size + 1];
    Tensor counted = torch.bincount(places, new TensorOptional(), size + 1);
    SafeTensorsFile.memory(counted, 0, counts.length * Long.BYTES).asLongBuffer().get(counts);
    counts[size - 1] += counts[size];

    List<Double> usedLimits = new ArrayList<>();
    List<Double> buckets = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      while (counts[i] == 0 && i + 1 < size && counts[i + 1] == 0) {
        i++;
      }
      usedLimits.add(LIMITS.get(i));
      buckets.add((double) counts[i]);
    }
    return new EventHistogram(
        finite.min().item_double(),
        finite.max().item_double(),
        count,
        finite.sum().item_double(),
        finite.square().sum().item_double(),
        usedLimits,
        buckets);
  }
}
