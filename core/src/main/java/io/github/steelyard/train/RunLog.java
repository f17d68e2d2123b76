package io.github.steelyard.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Where a run's events go; the trainer and the callbacks write to it. */
@FunctionalInterface
interface RunLog {
  /** For a run without a folder. */
  RunLog NONE = (event, step, epoch, values) -> {};

  void write(String event, long step, int epoch, Map<String, ?> values);

  /** Draws a distribution, where the log can. */
  default void histogram(String tag, long step, Tensor values) {}
}
