package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.runtime.Scope;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/** One pass over the data, batch by batch, with flat memory. */
final class DataPass {
  private final BatchSource data;
  private final AnalysisListener listener;
  private String phase = "";
  private int before;

  DataPass(BatchSource data, AnalysisListener listener) {
    if (data.batchesPerEpoch() < 1) {
      throw new IllegalArgumentException("the data has no batch");
    }
    this.data = data;
    this.listener = listener;
  }

  /**
   * Visits the inputs of each batch, and its targets.
   *
   * @return the number of samples
   */
  long forEach(String name, BiConsumer<Tensor, Tensor> visitor) {
    phase = name;
    long samples = 0;
    int total = data.batchesPerEpoch();
    try (BatchStream batches = data.epoch(0, 0)) {
      for (int done = 1; batches.hasNext(); done++) {
        before = done - 1;
        samples +=
            Scope.compute(
                () -> {
                  var batch = batches.next();
                  visitor.accept(batch.inputs(), batch.targets());
                  return batch.size();
                });
        listener.advanced(phase, done, total);
      }
    }
    return samples;
  }

  /**
   * Tells which part of the batch that is visited is done; its end is told anyway.
   *
   * @param part from 0 to 1
   */
  void within(double part) {
    if (part < 1) {
      listener.within(phase, before + part, data.batchesPerEpoch());
    }
  }
}
