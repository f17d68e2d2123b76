package io.github.steelyard.quant;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where one weight stood among the integers, over the steps. Keeps at most a thousand points: when
 * it is full, every second one is dropped and from then on every second step is left out.
 */
public final class WeightTrajectory {
  private static final int MOST_POINTS = 1000;

  private final String weight;
  private final long index;
  private final int lowest;
  private final int highest;
  private final List<Point> points = new ArrayList<>();
  private long stride = 1;

  /**
   * One point.
   *
   * @param step the number of steps done
   * @param position u, whose nearest whole number is the weight's integer
   */
  public record Point(long step, double position) {}

  WeightTrajectory(String weight, long index, int lowest, int highest) {
    this.weight = weight;
    this.index = index;
    this.lowest = lowest;
    this.highest = highest;
  }

  boolean wants(long step) {
    return step % stride == 0;
  }

  void add(long step, double position) {
    points.add(new Point(step, position));
    if (points.size() > MOST_POINTS) {
      stride *= 2;
      points.removeIf(point -> !wants(point.step()));
    }
  }

  /** Takes over saved points. */
  void restore(long savedStride, List<Point> saved) {
    stride = savedStride;
    points.clear();
    points.addAll(saved);
  }

  long stride() {
    return stride;
  }

  /**
   * The tensor that the weight belongs to.
   *
   * @return its name, as {@link QuantizedWeight#of(io.github.steelyard.nn.Module)} has it
   */
  public String weight() {
    return weight;
  }

  /**
   * Which entry of the tensor it is.
   *
   * @return its index in row-major order, from 0
   */
  public long index() {
    return index;
  }

  /**
   * The smallest integer.
   *
   * @return such as -2; thresholds lie half a step above it and so on
   */
  public int lowest() {
    return lowest;
  }

  /**
   * The largest integer.
   *
   * @return such as 1
   */
  public int highest() {
    return highest;
  }

  /**
   * The points.
   *
   * @return an unmodifiable view in the order of the steps
   */
  public List<Point> points() {
    return Collections.unmodifiableList(points);
  }
}
