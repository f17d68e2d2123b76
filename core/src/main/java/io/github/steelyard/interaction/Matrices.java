package io.github.steelyard.interaction;

import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Linear algebra in double precision, as the method's definition needs it. */
final class Matrices {
  /** Small enough to save products, large enough for fast ones. */
  private static final long GRAM_BLOCK = 128;

  private Matrices() {}

  /** Eigenvalues and their eigenvectors, in columns. */
  record Eigen(Tensor values, Tensor vectors) {}

  static Tensor zeros(long... shape) {
    return torch.zeros(shape, new TensorOptions(ScalarType.Double));
  }

  static Tensor eye(long n) {
    return torch.eye(n, new TensorOptions(ScalarType.Double));
  }

  static Tensor vector(double... values) {
    return Tensor.create(values, (long) values.length);
  }

  static double[] values(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.numel())];
    if (values.length > 0) {
      Tensor plain = tensor.detach().cpu().to(ScalarType.Double).contiguous();
      DoubleBuffer buffer = plain.createBuffer();
      buffer.get(values);
    }
    return values;
  }

  /**
   * The absolute eigenvalues of a symmetric matrix, falling, with their eigenvectors. The first
   * coordinates that are held apart keep their place: their diagonal elements count as eigenvalues,
   * and what couples them to the rest is ignored.
   */
  static Eigen eigen(Tensor symmetric, int apart) {
    long n = symmetric.size(0);
    long rest = n - apart;
    if (rest == 0) {
      return new Eigen(symmetric.diagonal().clone(), eye(n));
    }
    Tensor block = symmetric.narrow(0, apart, rest).narrow(1, apart, rest);
    T_TensorTensor_T solved = torch.linalg_eigh(block.add(block.t()).div(new Scalar(2.0)));
    Tensor values = solved.get0().abs();
    Tensor order = values.argsort(true, 0, true);
    values = values.index_select(0, order);
    Tensor vectors = solved.get1().index_select(1, order);
    if (apart == 0) {
      return new Eigen(values, vectors);
    }
    Tensor all = eye(n);
    all.narrow(0, apart, rest).narrow(1, apart, rest).copy_(vectors);
    Tensor first = symmetric.diagonal().narrow(0, 0, apart).abs();
    return new Eigen(torch.cat(new TensorVector(first, values), 0), all);
  }

  /**
   * Adds rows^T rows to the upper triangle of a sum, in about half the operations of the whole
   * product. What is below the diagonal has no meaning until {@link #mirrored}.
   */
  static void addGram(Tensor sum, Tensor rows) {
    long width = rows.size(1);
    for (long at = 0; at < width; at += GRAM_BLOCK) {
      long block = Math.min(GRAM_BLOCK, width - at);
      sum.narrow(0, at, block)
          .narrow(1, at, width - at)
          .addmm_(rows.narrow(1, at, block).t(), rows.narrow(1, at, width - at));
    }
  }

  /** The symmetric matrix of an upper triangle. */
  static Tensor mirrored(Tensor upper) {
    return upper.triu().add_(upper.triu(1).t());
  }

  static Tensor columns(Tensor matrix, int[] chosen) {
    return matrix.index_select(1, indices(chosen));
  }

  static Tensor rows(Tensor matrix, int[] chosen) {
    return matrix.index_select(0, indices(chosen));
  }

  private static Tensor indices(int[] chosen) {
    if (chosen.length == 0) {
      return torch.zeros(new long[] {0}, new TensorOptions(ScalarType.Long));
    }
    long[] wide = Arrays.stream(chosen).asLongStream().toArray();
    return Tensor.create(wide, (long) wide.length);
  }

  /** Indices from a first one on, by falling value. */
  static int[] falling(double[] values, int from) {
    return IntStream.range(from, values.length)
        .boxed()
        .sorted((a, b) -> Double.compare(values[b], values[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
