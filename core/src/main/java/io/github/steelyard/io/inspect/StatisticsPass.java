package io.github.steelyard.io.inspect;

import io.github.steelyard.runtime.Scope;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Computes {@link TensorStatistics} in double precision over blocks, so that a tensor needs no
 * second copy of its size. Values are divided by the largest magnitude first: no square overflows.
 */
final class StatisticsPass {
  private static final long BLOCK = 1 << 20;

  private final Tensor flat;
  private final long elements;
  private long nan;
  private long infinite;
  private long zeros;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;

  /** The tensor must be contiguous and on the processor. */
  StatisticsPass(Tensor tensor) {
    flat = tensor.reshape(-1);
    elements = flat.numel();
  }

  TensorStatistics run(int bins) {
    forEachBlock(this::countAndBound);
    long finite = elements - nan - infinite;
    Double sparsity = elements == 0 ? null : (double) zeros / elements;
    if (finite == 0) {
      Double norm = elements == 0 ? 0.0 : null;
      return new TensorStatistics(
          nan, infinite, zeros, sparsity, null, null, null, null, norm, null);
    }
    Moments moments = new Moments(bins);
    forEachBlock(moments::add);
    double scale = scale();
    return new TensorStatistics(
        nan,
        infinite,
        zeros,
        sparsity,
        min,
        max,
        Math.min(max, Math.max(min, moments.mean * scale)),
        Math.sqrt(Math.max(0, moments.deviations / finite)) * scale,
        finiteOrNull(Math.sqrt(moments.squares) * scale),
        moments.histogram());
  }

  boolean isFinite() {
    return nan == 0 && infinite == 0;
  }

  long notFinite() {
    return nan + infinite;
  }

  /** The largest magnitude of a finite value; 1 if all are zero. */
  double scale() {
    double largest = Math.max(Math.abs(min), Math.abs(max));
    return largest == 0 || Double.isInfinite(largest) ? 1 : largest;
  }

  private static Double finiteOrNull(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private void forEachBlock(Consumer<Tensor> work) {
    for (long start = 0; start < elements; start += BLOCK) {
      long from = start;
      Scope.withoutGradient(
          () ->
              work.accept(
                  flat.narrow(0, from, Math.min(BLOCK, elements - from)).to(ScalarType.Double)));
    }
  }

  private void countAndBound(Tensor block) {
    long size = block.numel();
    zeros += size - torch.count_nonzero(block).item_long();
    long notANumber = torch.isnan(block).sum().item_long();
    long notFinite = size - torch.isfinite(block).sum().item_long();
    nan += notANumber;
    infinite += notFinite - notANumber;
    if (notFinite < size) {
      Tensor finite = finite(block);
      // + 0.0 turns -0.0 into plain zero, which reads better.
      min = Math.min(min, finite.min().item_double() + 0.0);
      max = Math.max(max, finite.max().item_double() + 0.0);
    }
  }

  private Tensor finite(Tensor block) {
    return isFinite() ? block : block.masked_select(torch.isfinite(block));
  }

  /** Mean and squared deviations of blocks are merged after Chan, Golub and LeVeque (1979). */
  private final class Moments {
    private final long[] counts;
    private final double low = min / scale();
    private final double high = max / scale();
    private long seen;
    private double mean;
    private double deviations;
    private double squares;

    Moments(int bins) {
      counts = new long[low == high ? 1 : bins];
    }

    void add(Tensor block) {
      Tensor values = finite(block).div(new Scalar(scale()));
      long size = values.numel();
      if (size == 0) {
        return;
      }
      double blockMean = values.mean().item_double();
      double blockDeviations = values.sub(new Scalar(blockMean)).square().sum().item_double();
      double difference = blockMean - mean;
      double share = (double) size / (seen + size);
      deviations += blockDeviations + difference * difference * seen * share;
      mean += difference * share;
      seen += size;
      squares += values.square().sum().item_double();
      if (counts.length == 1) {
        counts[0] += size;
        return;
      }
      DoubleBuffer binned =
          torch.histc(values, counts.length, new Scalar(low), new Scalar(high)).createBuffer();
      for (int i = 0; i < counts.length; i++) {
        counts[i] += (long) binned.get(i);
      }
    }

    Histogram histogram() {
      List<Double> edges = new ArrayList<>();
      for (int i = 0; i < counts.length; i++) {
        edges.add((low + (high - low) * i / counts.length) * scale());
      }
      edges.set(0, min);
      edges.add(max);
      return new Histogram(edges, Arrays.stream(counts).boxed().toList());
    }
  }
}
