package io.github.steelyard.robust;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Samples as images, and windows in them: a place of its own for each sample. Samples without
 * height and width count as images of one row.
 *
 * @param target the samples
 * @param channels of an image
 * @param height of an image
 * @param width of an image
 */
record Windows(Target target, long channels, long height, long width) {
  static Windows of(Target target) {
    long[] shape = target.shape();
    if (shape.length == 4) {
      return new Windows(target, shape[1], shape[2], shape[3]);
    }
    long features = 1;
    for (int i = 1; i < shape.length; i++) {
      features *= shape[i];
    }
    return new Windows(target, 1, 1, features);
  }

  /** A change [n, ...] as [n, channels, pixels]. */
  Tensor pixels(Tensor change) {
    return change.reshape(target.size(), channels, height * width);
  }

  /** The inverse of {@link #pixels}. */
  Tensor change(Tensor pixels) {
    return pixels.reshape(target.shape());
  }

  /** The pixels of a random window of each sample, int64 [n, channels, rows * columns]. */
  Tensor random(long rows, long columns) {
    Tensor places = target.uniform(2).add(new Scalar(1.0)).mul(new Scalar(0.5));
    Tensor top = place(places.select(1, 0), height - rows);
    Tensor left = place(places.select(1, 1), width - columns);
    Tensor down = top.add(range(rows).unsqueeze(1)).mul(new Scalar(width));
    return down.add(left.add(range(columns)))
        .reshape(target.size(), 1, rows * columns)
        .expand(target.size(), channels, rows * columns);
  }

  private Tensor place(Tensor uniform, long free) {
    return uniform
        .mul(new Scalar((double) (free + 1)))
        .to(ScalarType.Long)
        .clamp_max(new Scalar(free))
        .reshape(target.size(), 1, 1);
  }

  private Tensor range(long count) {
    return torch.arange(new Scalar(count)).to(target.labels().device(), ScalarType.Long);
  }

  /** Random signs of each sample. */
  Tensor signs(long... shape) {
    Tensor positive = target.uniform(shape).ge(new Scalar(0.0));
    return positive.to(target.none().scalar_type()).mul(new Scalar(2.0)).sub(new Scalar(1.0));
  }
}
