package io.github.steelyard.robust;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@link Square}'s changes for L2 (the paper's Algorithm 3): the budget is moved between windows,
 * each filled with a pattern of a positive and a negative hill.
 */
final class SquarePatterns implements Square.Moves {
  private static final long TILES = 5;
  private static final double TINY = 1e-12;

  @Override
  public Tensor start(Target target) {
    Windows image = Windows.of(target);
    long rows = image.height() >= TILES ? image.height() / TILES : image.height();
    long columns = image.width() >= TILES ? image.width() / TILES : image.width();
    Tensor change =
        torch
            .zeros(target.size(), image.channels(), image.height(), image.width())
            .to(target.none().device(), target.none().scalar_type());
    for (long top = image.height() % rows / 2; top + rows <= image.height(); top += rows) {
      for (long left = image.width() % columns / 2;
          left + columns <= image.width();
          left += columns) {
        Tensor tile = pattern(image, rows, columns).mul(image.signs(image.channels(), 1));
        change
            .narrow(2, top, rows)
            .narrow(3, left, columns)
            .copy_(tile.reshape(target.size(), image.channels(), rows, columns));
      }
    }
    return stretched(target, image.change(change));
  }

  @Override
  public Tensor next(Target target, Tensor from, double share) {
    Windows image = Windows.of(target);
    long side = Math.max(3, Math.round(Math.sqrt(share * image.height() * image.width())));
    side += side % 2 == 0 ? 1 : 0;
    long rows = Math.min(side, image.height());
    long columns = Math.min(side, image.width());
    Tensor filled = image.random(rows, columns);
    Tensor emptied = image.random(rows, columns);
    Tensor change = image.pixels(from);

    Tensor old = change.gather(2, filled);
    Tensor rest = zero(zero(change, filled), emptied);
    Tensor taken = change.sub(rest).square().sum(new long[] {2}, true, noType());
    double budget = target.epsilon() * target.epsilon();
    Tensor used = change.square().sum(new long[] {1, 2}, true, noType());
    Tensor unused = used.neg().add(new Scalar(budget)).clamp_min(new Scalar(0.0));
    Tensor length = taken.add(unused.div(new Scalar((double) image.channels()))).sqrt();

    Tensor fresh =
        pattern(image, rows, columns).mul(image.signs(image.channels(), 1)).add(unit(old));
    Tensor next = rest.scatter(2, filled, unit(fresh).mul(length));
    return stretched(target, image.change(next));
  }

  private static ScalarTypeOptional noType() {
    return new ScalarTypeOptional();
  }

  private static Tensor zero(Tensor change, Tensor window) {
    return change.scatter(2, window, new Scalar(0.0));
  }

  /** Each channel's window with length 1. */
  private static Tensor unit(Tensor windows) {
    Tensor length = windows.square().sum(new long[] {2}, true, noType()).sqrt();
    return windows.div(length.add(new Scalar(TINY)));
  }

  private static Tensor stretched(Target target, Tensor change) {
    return target.norm().steepest(change).mul(new Scalar(target.epsilon()));
  }

  /** The pattern, for each sample upright or, where the window is a square, lying. */
  private static Tensor pattern(Windows image, long rows, long columns) {
    double[][] hills = hills((int) rows, (int) columns);
    Tensor upright = tensor(image, hills, false);
    Tensor lies = image.signs(1, 1).gt(new Scalar(0.0));
    return rows == columns
        ? torch.where(lies, tensor(image, hills, true), upright)
        : upright.expand(image.target().size(), 1, rows * columns);
  }

  private static Tensor tensor(Windows image, double[][] values, boolean transposed) {
    int columns = values[0].length;
    float[] flat = new float[values.length * columns];
    for (int i = 0; i < flat.length; i++) {
      int row = i / columns;
      int column = i % columns;
      flat[i] = (float) (transposed ? values[column][row] : values[row][column]);
    }
    Tensor none = image.target().none();
    return torch.tensor(flat).to(none.device(), none.scalar_type()).reshape(1, 1, flat.length);
  }

  /** A positive hill in the first half and a negative one in the second, with length 1. */
  static double[][] hills(int rows, int columns) {
    boolean sideways = rows == 1;
    int half = (sideways ? columns : rows) / 2;
    double[][] values = new double[rows][columns];
    double[][] first = sideways ? hill(rows, half) : hill(half, columns);
    double[][] second = sideways ? hill(rows, columns - half) : hill(rows - half, columns);
    double squares = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        boolean before = (sideways ? j : i) < half;
        int row = before || sideways ? i : i - half;
        int column = before || !sideways ? j : j - half;
        values[i][j] = before ? first[row][column] : -second[row][column];
        squares += values[i][j] * values[i][j];
      }
    }
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] /= Math.sqrt(squares);
      }
    }
    return values;
  }

  /**
   * A hill of length 1 whose height at the distance d from the middle (the larger of both axes) is
   * the sum of 1 / (m + 1)² over m from d to the largest of the half sides.
   */
  private static double[][] hill(int rows, int columns) {
    double[][] values = new double[rows][columns];
    int most = Math.max(rows / 2, columns / 2) + 1;
    double squares = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        int distance = Math.max(Math.abs(i - rows / 2), Math.abs(j - columns / 2));
        for (int m = distance; m < most; m++) {
          values[i][j] += 1.0 / ((m + 1.0) * (m + 1.0));
        }
        squares += values[i][j] * values[i][j];
      }
    }
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] /= Math.sqrt(squares);
      }
    }
    return values;
  }
}
