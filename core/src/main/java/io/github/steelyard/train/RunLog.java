package io.github.steelyard.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Where a run's events go; the trainer and the callbacks write to it. */
interface RunLog {
  /** For a run without a folder. */
  RunLog NONE =
      new RunLog() {
        @Override
        public void write(String event, long step, int epoch, Map<String, ?> values) {}

        @Override
        public void histogram(String tag, long step, Tensor values) {}
      };

  void write(String event, long step, int epoch, Map<String, ?> values);

  /** Draws a distribution in TensorBoard. */
  void histogram(String tag, long step, Tensor values);
}
