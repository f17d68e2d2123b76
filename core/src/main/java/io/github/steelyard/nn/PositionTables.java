package io.github.steelyard.nn;

import java.util.Arrays;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Resizes what transformers learn by position. Both ways are separable, so that they are two matrix
 * products; libtorch's own antialiased kernel has no Java method.
 */
final class PositionTables {
  /** PyTorch's coefficient of the cubic kernel where it antialiases, that of Pillow. */
  private static final double CUBIC = -0.5;

  private static final double SUPPORT = 2;

  private PositionTables() {}

  /** As {@code F.interpolate(mode="bicubic", antialias=True)} behind the prefix tokens. */
  static Tensor resized(Tensor given, long prefixTokens, long old, long side) {
    Tensor all = given.to(ScalarType.Double);
    Tensor prefix = all.narrow(1, 0, prefixTokens);
    Tensor patches = all.narrow(1, prefixTokens, old * old).view(old, old, -1);
    Tensor weights = matrix(bicubic((int) old, (int) side));
    Tensor resized = separable(patches, weights, weights).view(1, side * side, -1);
    return torch.cat(new TensorVector(prefix, resized), 1).to(ScalarType.Float);
  }

  /** As timm's resize_rel_pos_bias_table: linear between places that lie apart geometrically. */
  static Tensor resizedBias(Tensor given, long side, Size2d window) {
    int height = (int) (2 * window.height() - 1);
    int width = (int) (2 * window.width() - 1);
    Tensor table = given.to(ScalarType.Double).view(side, side, -1);
    return separable(
            table, matrix(geometric((int) side, height)), matrix(geometric((int) side, width)))
        .view((long) height * width, -1)
        .to(ScalarType.Float);
  }

  /** [rows, columns, n] to [down's rows, right's rows, n]. */
  private static Tensor separable(Tensor table, Tensor down, Tensor right) {
    Tensor byRow = torch.matmul(down, table.flatten(1, -1)).view(down.size(0), table.size(1), -1);
    return torch.matmul(right, byRow);
  }

  private static Tensor matrix(double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    Tensor matrix =
        torch.empty(
            new long[] {rows.length, rows[0].length},
            new TensorOptions(ScalarType.Double),
            new MemoryFormatOptional());
    matrix.data_ptr_double().put(flat);
    return matrix;
  }

  /** What each old value counts in each new one: a cubic kernel, widened where it shrinks. */
  private static double[][] bicubic(int from, int to) {
    double scale = (double) from / to;
    double wide = Math.max(scale, 1);
    double[][] weights = new double[to][from];
    for (int i = 0; i < to; i++) {
      double center = scale * (i + 0.5);
      int first = Math.max(0, (int) (center - SUPPORT * wide + 0.5));
      int end = Math.min(from, (int) (center + SUPPORT * wide + 0.5));
      double sum = 0;
      for (int j = first; j < end; j++) {
        weights[i][j] = cubic((j - center + 0.5) / wide);
        sum += weights[i][j];
      }
      for (int j = first; j < end; j++) {
        weights[i][j] /= sum;
      }
    }
    return weights;
  }

  /** Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981. */
  private static double cubic(double distance) {
    double x = Math.abs(distance);
    if (x < 1) {
      return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
  }

  /** Linear interpolation from places that lie apart geometrically to whole numbers. */
  private static double[][] geometric(int from, int to) {
    double[] places = places(from, to);
    int middle = to / 2;
    double[][] weights = new double[to][from];
    for (int i = 0; i < to; i++) {
      double x = i - middle;
      int right = 0;
      while (right < from - 1 && places[right] < x) {
        right++;
      }
      int left = Math.max(0, right - 1);
      double toLeft = Math.max(0, x - places[left]);
      double toRight = Math.max(0, places[right] - x);
      if (toLeft + toRight == 0) {
        weights[i][right] = 1;
      } else {
        weights[i][left] += toRight / (toLeft + toRight);
        weights[i][right] += toLeft / (toLeft + toRight);
      }
    }
    return weights;
  }

  /** The old places, from the middle outwards, such that they span the new ones. */
  private static double[] places(int from, int to) {
    int half = from / 2;
    int reach = to / 2;
    double left = 1.01;
    double right = 1.5;
    double ratio = left;
    while (right - left > 1e-6) {
      ratio = (left + right) / 2;
      double span = (1 - Math.pow(ratio, half)) / (1 - ratio);
      if (span > reach) {
        right = ratio;
      } else {
        left = ratio;
      }
    }
    double[] places = new double[from];
    double place = 1;
    for (int i = 0; i < half; i++) {
      places[half + 1 + i] = place;
      places[half - 1 - i] = -place;
      place += Math.pow(ratio, i + 1);
    }
    return places;
  }
}
