package io.github.steelyard.optim;

import io.github.steelyard.runtime.Team;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows by BLAS: contiguous single precision on the processor. libtorch has no row-wise dot product
 * that reads its operands once; here a row stays in the nearest cache while all that concerns it is
 * done. Blocks of rows run in parallel; each row is summed in a fixed order, so that the result
 * does not depend on the number of threads.
 */
final class BlasRows implements RowKernel {
  /**
   * Elements in a block: small enough to balance the threads, large enough to hide the handover.
   */
  private static final int BLOCK = 1 << 16;

  /** OpenBLAS splits longer vectors over threads of its own. */
  private static final int SEGMENT = 8192;

  /** Some rows of one weight and of a second tensor of its shape. */
  private record Block(FloatPointer p, FloatPointer x, int index, int from, int to, int columns) {}

  private static <T> void forEach(List<T> parts, Consumer<T> work) {
    Team.forEach(parts.size(), i -> work.accept(parts.get(i)));
  }

  private static List<Block> blocks(List<Tensor> weights, List<Tensor> others) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      FloatPointer p = weights.get(i).data_ptr_float();
      FloatPointer x = others.get(i).data_ptr_float();
      int rows = Math.toIntExact(weights.get(i).size(0));
      int columns = Math.toIntExact(weights.get(i).numel() / rows);
      int step = Math.max(1, BLOCK / columns);
      for (int from = 0; from < rows; from += step) {
        blocks.add(new Block(p, x, i, from, Math.min(rows, from + step), columns));
      }
    }
    return blocks;
  }

  @Override
  public List<Cosines> cosines(
      List<Tensor> weights, List<Tensor> gradients, double eps, double delta) {
    List<Block> blocks = blocks(weights, gradients);
    AtomicIntegerArray radial = new AtomicIntegerArray(weights.size());
    forEach(blocks, block -> lookForRadial(block, radial, eps, delta));
    double[][] sums = new double[blocks.size()][];
    forEach(
        IntStream.range(0, blocks.size())
            .filter(i -> radial.get(blocks.get(i).index) != 0)
            .boxed()
            .toList(),
        i -> sums[i] = sums(blocks.get(i)));
    double[][] total = new double[weights.size()][3];
    for (int i = 0; i < sums.length; i++) {
      for (int k = 0; sums[i] != null && k < 3; k++) {
        total[blocks.get(i).index][k] += sums[i][k];
      }
    }
    List<Cosines> cosines = new ArrayList<>();
    for (int i = 0; i < total.length; i++) {
      cosines.add(
          radial.get(i) != 0 ? new Cosines(1, cosine(total[i], eps)) : Cosines.EVERY_CHANNEL);
    }
    return cosines;
  }

  /** Goes through the rows until one, here or in another block, is not orthogonal. */
  private static void lookForRadial(
      Block block, AtomicIntegerArray radial, double eps, double delta) {
    FloatPointer p = new FloatPointer(block.p);
    FloatPointer g = new FloatPointer(block.x);
    int n = block.columns;
    double limit = delta / Math.sqrt((double) n);
    for (int row = block.from; row < block.to && radial.get(block.index) == 0; row++) {
      long at = (long) row * n;
      double cosine =
          cosine(new double[] {dot(p, g, at, n), dot(p, p, at, n), dot(g, g, at, n)}, eps);
      if (!(cosine < limit)) { // or not a number
        radial.set(block.index, 1);
      }
    }
  }

  /** &lt;p, g&gt;, &lt;p, p&gt; and &lt;g, g&gt; of a block, as one long row. */
  private static double[] sums(Block block) {
    FloatPointer p = new FloatPointer(block.p);
    FloatPointer g = new FloatPointer(block.x);
    long at = (long) block.from * block.columns;
    int n = (block.to - block.from) * block.columns;
    return new double[] {dot(p, g, at, n), dot(p, p, at, n), dot(g, g, at, n)};
  }

  private static double cosine(double[] sums, double eps) {
    double p = Math.max(Math.sqrt(sums[1]), eps);
    double g = Math.max(Math.sqrt(sums[2]), eps);
    return Math.abs(sums[0]) / (p * g);
  }

  @Override
  public void project(
      List<Tensor> weights, Steps steps, Projection view, double shrink, double eps) {
    List<Block> blocks = blocks(weights, steps.directions());
    boolean clear = steps.scratch();
    if (view == Projection.CHANNEL) {
      forEachRow(
          blocks,
          clear,
          (block, p, d, at) -> {
            int n = block.columns;
            double radial = radial(dot(p, d, at, n), dot(p, p, at, n), eps);
            move(p, d, at, n, radial, shrink, steps);
          });
      return;
    }
    List<double[][]> sums = perRow(weights);
    forEachRow(
        blocks,
        false,
        (block, p, d, at) -> {
          int n = block.columns;
          sums.get(block.index)[(int) (at / n)] = new double[] {dot(p, d, at, n), dot(p, p, at, n)};
        });
    double[] radials =
        sums.stream().mapToDouble(rows -> radial(sum(rows, 0), sum(rows, 1), eps)).toArray();
    forEachRow(
        blocks,
        clear,
        (block, p, d, at) -> move(p, d, at, block.columns, radials[block.index], shrink, steps));
  }

  private static List<double[][]> perRow(List<Tensor> weights) {
    List<double[][]> values = new ArrayList<>();
    for (Tensor weight : weights) {
      values.add(new double[Math.toIntExact(weight.size(0))][]);
    }
    return values;
  }

  private static double sum(double[][] rows, int index) {
    return Stream.of(rows).mapToDouble(row -> row[index]).sum();
  }

  private interface RowWork {
    void accept(Block block, FloatPointer p, FloatPointer x, long start);
  }

  /** Works on all rows, and may clear the second tensor while its block is still in the cache. */
  private static void forEachRow(List<Block> blocks, boolean clear, RowWork work) {
    forEach(
        blocks,
        block -> {
          FloatPointer p = new FloatPointer(block.p);
          FloatPointer x = new FloatPointer(block.x);
          for (int row = block.from; row < block.to; row++) {
            work.accept(block, p, x, (long) row * block.columns);
          }
          if (clear) {
            Pointer first = block.x.getPointer((long) block.from * block.columns);
            Pointer.memset(first, 0, (long) (block.to - block.from) * block.columns * Float.BYTES);
          }
        });
  }

  /** &lt;p^, d&gt; / (|p| + eps): the multiple of p that the projection takes away. */
  private static double radial(double pd, double pp, double eps) {
    double norm = Math.sqrt(pp) + eps;
    return pd / norm / norm;
  }

  private static double dot(FloatPointer a, FloatPointer b, long start, int columns) {
    double sum = 0;
    for (int done = 0; done < columns; done += SEGMENT) {
      a.position(start + done);
      b.position(start + done);
      sum += openblas_nolapack.cblas_sdot(Math.min(SEGMENT, columns - done), a, 1, b, 1);
    }
    return sum;
  }

  /** d &larr; d - radial p, then p &larr; shrink p + rate d, of one row. */
  private static void move(
      FloatPointer p,
      FloatPointer d,
      long start,
      int columns,
      double radial,
      double shrink,
      Steps steps) {
    double rate = steps.rate();
    for (int done = 0; done < columns; done += SEGMENT) {
      int n = Math.min(SEGMENT, columns - done);
      p.position(start + done);
      d.position(start + done);
      if (steps.scratch()) { // d is not needed any more: both lines in one pass
        openblas_nolapack.cblas_sscal(n, (float) (shrink - rate * radial), p, 1);
        openblas_nolapack.cblas_saxpy(n, (float) rate, d, 1, p, 1);
      } else {
        openblas_nolapack.cblas_saxpy(n, (float) -radial, p, 1, d, 1);
        openblas_nolapack.cblas_sscal(n, (float) shrink, p, 1);
        openblas_nolapack.cblas_saxpy(n, (float) rate, d, 1, p, 1);
      }
    }
  }
}
