package io.github.steelyard.robust;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How the size of a change is measured, over all values of a sample. */
public enum Norm {
  /** The largest change of a value. */
  LINF("linf", "L-infinity") {
    @Override
    Tensor ofRows(Tensor rows) {
      return rows.abs().amax(new long[] {1}, false);
    }

    @Override
    Tensor dualOfRows(Tensor rows) {
      return rows.abs().sum(1);
    }

    @Override
    Tensor steepest(Tensor gradient) {
      return gradient.sign();
    }
  },
  /** The Euclidean length of the change. */
  L2("l2", "L2") {
    @Override
    Tensor ofRows(Tensor rows) {
      return rows.square().sum(1).sqrt();
    }

    @Override
    Tensor dualOfRows(Tensor rows) {
      return ofRows(rows);
    }

    @Override
    Tensor steepest(Tensor gradient) {
      return gradient.div(spread(of(gradient), gradient).add(new Scalar(TINY)));
    }
  };

  private static final double TINY = 1e-12;

  private final String key;
  private final String title;

  Norm(String key, String title) {
    this.key = key;
    this.title = title;
  }

  /**
   * How recipes and the command line write it.
   *
   * @return {@code linf} or {@code l2}
   */
  public String key() {
    return key;
  }

  /**
   * The norm of a name.
   *
   * @param text {@code linf} or {@code l2}, in any case
   * @return the norm
   * @throws IllegalArgumentException if there is no such norm
   */
  public static Norm parse(String text) {
    for (Norm norm : values()) {
      if (norm.key.equalsIgnoreCase(text.strip())) {
        return norm;
      }
    }
    List<String> keys = Arrays.stream(values()).map(Norm::key).toList();
    throw new IllegalArgumentException(
        "there is no norm '" + text + "'; valid are " + String.join(" and ", keys));
  }

  abstract Tensor ofRows(Tensor rows);

  abstract Tensor dualOfRows(Tensor rows);

  /** The direction of size 1 in which a linear function with this gradient grows fastest. */
  abstract Tensor steepest(Tensor gradient);

  /** The norm of each sample [n, ...], as [n]. */
  Tensor of(Tensor changes) {
    return ofRows(changes.flatten(1, -1));
  }

  /** The dual norm of each sample's gradient [n, ...], as [n]. */
  Tensor dual(Tensor gradients) {
    return dualOfRows(gradients.flatten(1, -1));
  }

  /** One value for each sample, in a shape that spreads over the samples' values. */
  static Tensor spread(Tensor values, Tensor over) {
    long[] shape = new long[(int) over.dim()];
    Arrays.fill(shape, 1);
    shape[0] = over.size(0);
    return values.reshape(shape);
  }

  @Override
  public String toString() {
    return title;
  }
}
