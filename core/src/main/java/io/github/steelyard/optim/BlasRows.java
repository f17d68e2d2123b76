package io.github.steelyard.optim;

import io.github.steelyard.runtime.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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

  private static void forEach(Stream<Block> blocks, Consumer<Block> work) {
    (Engine.settings().threads() > 1 ? blocks.parallel() : blocks).forEach(work);
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
  public List<Cosines> cosines(List<Tensor> weights, List<Tensor> gradients, double eps) {
    List<double[][]> sums = new ArrayList<>();
    for (Tensor weight : weights) {
      sums.add(new double[Math.toIntExact(weight.size(0))][]);
    }
    forEach(
        blocks(weights, gradients).stream(),
        block -> {
          FloatPointer p = new FloatPointer(block.p);
          FloatPointer g = new FloatPointer(block.x);
          for (int row = block.from; row < block.to; row++) {
            long at = (long) row * block.columns;
            int n = block.columns;
            sums.get(block.index)[row] =
                new double[] {dot(p, g, at, n), dot(p, p, at, n), dot(g, g, at, n)};
          }
        });
    return sums.stream().map(rows -> cosines(rows, eps)).toList();
  }

  private static Cosines cosines(double[][] rows, double eps) {
    double[] total = new double[3];
    double channel = 0;
    for (double[] row : rows) {
      channel = Math.max(channel, cosine(row, eps));
      for (int k = 0; k < 3; k++) {
        total[k] += row[k];
      }
    }
    return new Cosines(channel, cosine(total, eps));
  }

  private static double cosine(double[] sums, double eps) {
    double p = Math.max(Math.sqrt(sums[1]), eps);
    double g = Math.max(Math.sqrt(sums[2]), eps);
    return Math.abs(sums[0]) / (p * g);
  }

  @Override
  public void project(Tensor weight, Step step, Projection view, double shrink, double eps) {
    List<Block> blocks = blocks(List.of(weight), List.of(step.direction()));
    if (view == Projection.CHANNEL) {
      forEachRow(
          blocks,
          (p, d, at, n) -> {
            double radial = radial(dot(p, d, at, n), dot(p, p, at, n), eps);
            move(p, d, at, n, radial, shrink, step);
          });
      return;
    }
    double[][] sums = new double[Math.toIntExact(weight.size(0))][];
    forEachRow(
        blocks,
        (p, d, at, n) -> sums[(int) (at / n)] = new double[] {dot(p, d, at, n), dot(p, p, at, n)});
    double pd = Stream.of(sums).mapToDouble(row -> row[0]).sum();
    double pp = Stream.of(sums).mapToDouble(row -> row[1]).sum();
    double radial = radial(pd, pp, eps);
    forEachRow(blocks, (p, d, at, n) -> move(p, d, at, n, radial, shrink, step));
  }

  private interface RowWork {
    void accept(FloatPointer p, FloatPointer x, long start, int columns);
  }

  private static void forEachRow(List<Block> blocks, RowWork work) {
    forEach(
        blocks.stream(),
        block -> {
          FloatPointer p = new FloatPointer(block.p);
          FloatPointer x = new FloatPointer(block.x);
          for (int row = block.from; row < block.to; row++) {
            work.accept(p, x, (long) row * block.columns, block.columns);
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
      Step step) {
    for (int done = 0; done < columns; done += SEGMENT) {
      int n = Math.min(SEGMENT, columns - done);
      p.position(start + done);
      d.position(start + done);
      openblas_nolapack.cblas_saxpy(n, (float) -radial, p, 1, d, 1);
      if (shrink != 1) {
        openblas_nolapack.cblas_sscal(n, (float) shrink, p, 1);
      }
      openblas_nolapack.cblas_saxpy(n, (float) step.rate(), d, 1, p, 1);
      if (step.scratch()) {
        d.position(0); // memset takes a position for bytes
        Pointer.memset(d.getPointer(start + done), 0, (long) n * Float.BYTES);
      }
    }
  }
}
