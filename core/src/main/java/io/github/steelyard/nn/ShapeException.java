package io.github.steelyard.nn;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * A layer was given an input of a shape that it cannot take. The message names where the layer is,
 * what it is, the shape it expects and the shape it was given.
 */
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The layer's path as far as it is known, or empty. */
  private final String path;

  /** What is wrong, without the path. */
  private final String complaint;

  /**
   * Creates the exception.
   *
   * @param layer the layer; its {@code toString} goes into the message
   * @param expected the expected shape, such as {@code [n, 3, height, width]}
   * @param given the input
   */
  public ShapeException(Object layer, String expected, Tensor given) {
    this(
        "",
        layer
            + " expects an input of shape "
            + expected
            + ", but was given "
            + Arrays.toString(given.shape()),
        (Throwable) null);
  }

  private ShapeException(String path, String complaint, Throwable cause) {
    super((path.isEmpty() ? "" : path + ": ") + complaint, cause);
    this.path = path;
    this.complaint = complaint;
  }

  /** The same complaint, one module further out. */
  ShapeException within(String name) {
    return new ShapeException(path.isEmpty() ? name : name + "." + path, complaint, this);
  }
}
