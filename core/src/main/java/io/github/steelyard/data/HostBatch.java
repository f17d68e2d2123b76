package io.github.steelyard.data;

import java.util.Arrays;

/**
 * A batch in Java arrays, as the loader's threads build it: they never enter libtorch, whose thread
 * pool belongs to the model.
 */
public final class HostBatch {
  private final ImageShape shape;
  private final int classes;
  private final float[] inputs;
  private final int[] labels;
  private float[] probabilities;

  /**
   * Wraps arrays.
   *
   * @param shape the shape of each image
   * @param classes the number of classes
   * @param inputs normalized values [n, channels, height, width]; not copied
   * @param labels class indices [n]; not copied
   * @throws IllegalArgumentException if the arrays' lengths do not fit each other
   */
  public HostBatch(ImageShape shape, int classes, float[] inputs, int[] labels) {
    if (inputs.length != (long) labels.length * shape.values()) {
      throw new IllegalArgumentException(
          "%d images of %s have %d values, not %d"
              .formatted(
                  labels.length, shape, (long) labels.length * shape.values(), inputs.length));
    }
    this.shape = shape;
    this.classes = classes;
    this.inputs = inputs;
    this.labels = labels;
  }

  /**
   * The number of samples.
   *
   * @return n
   */
  public int size() {
    return labels.length;
  }

  /**
   * The shape of each image.
   *
   * @return channels, height and width
   */
  public ImageShape shape() {
    return shape;
  }

  /**
   * The number of classes.
   *
   * @return at least 1
   */
  public int classes() {
    return classes;
  }

  /**
   * The normalized values.
   *
   * @return the live array [n, channels, height, width]
   */
  public float[] inputs() {
    return inputs;
  }

  /**
   * The class indices, also after the targets became probabilities.
   *
   * @return the live array [n]
   */
  public int[] labels() {
    return labels;
  }

  /**
   * Whether the targets are probabilities.
   *
   * @return false as long as the labels are the targets
   */
  public boolean hasSoftTargets() {
    return probabilities != null;
  }

  /**
   * Turns the targets into probabilities, or returns those that they already are.
   *
   * @param smoothing how much of the probability is spread evenly over all classes, 0 to 1
   * @return the live array [n, classes]
   */
  public float[] softTargets(double smoothing) {
    if (probabilities == null) {
      probabilities = new float[labels.length * classes];
      float off = (float) (smoothing / classes);
      Arrays.fill(probabilities, off);
      for (int i = 0; i < labels.length; i++) {
        probabilities[i * classes + labels[i]] = (float) (1 - smoothing + smoothing / classes);
      }
    }
    return probabilities;
  }
}
