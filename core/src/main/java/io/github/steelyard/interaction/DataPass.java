package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.Part;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * One pass over the data, batch by batch, with flat memory. Of many ranks each visits consecutive
 * batches, and sums are those over all.
 */
final class DataPass {
  private final BatchSource data;
  private final AnalysisListener listener;
  private String phase = "";
  private int batch;
  private int done;
  private int total;

  DataPass(BatchSource data, AnalysisListener listener) {
    if (data.batchesPerEpoch() < 1) {
      throw new IllegalArgumentException("the data has no batch");
    }
    this.data = data;
    this.listener = listener;
  }

  /**
   * Visits the inputs of each of this rank's batches, and its targets.
   *
   * @param sums what visitors add to; afterwards the sums over all ranks
   * @return the number of samples of all ranks
   */
  long forEach(String name, BiConsumer<Tensor, Tensor> visitor, Tensor... sums) {
    return forEach(name, Part.ofBatches(data.batchesPerEpoch()), visitor, sums);
  }

  /**
   * Visits all batches in every rank: for what cannot be added up, and is quick.
   *
   * @return the number of samples
   */
  long forEachInAllRanks(String name, BiConsumer<Tensor, Tensor> visitor) {
    return forEach(name, Part.WHOLE, visitor);
  }

  private long forEach(String name, Part part, BiConsumer<Tensor, Tensor> visitor, Tensor... sums) {
    phase = name;
    done = 0;
    long samples = 0;
    int begin = part.begin(data.batchesPerEpoch());
    int end = part.end(data.batchesPerEpoch());
    total = part.most(data.batchesPerEpoch());
    try (BatchStream batches = data.epoch(0, begin)) {
      while (done < total) {
        batch = begin + done;
        if (batch < end) {
          samples +=
              Scope.compute(
                  () -> {
                    var batch = batches.next();
                    visitor.accept(batch.inputs(), batch.targets());
                    return batch.size();
                  });
        }
        listener.advanced(phase, ++done, total);
      }
    }
    return part.count() == 1 ? samples : overRanks(samples, sums);
  }

  private static long overRanks(long samples, Tensor... sums) {
    Distributed ranks = Distributed.current();
    for (Tensor sum : sums) {
      ranks.sum(sum);
    }
    return (long) ranks.sum((double) samples)[0];
  }

  /** The number of the batch that is visited, from 0, in one process as in many. */
  int batch() {
    return batch;
  }

  /**
   * Tells which part of the batch that is visited is done; its end is told anyway.
   *
   * @param part from 0 to 1
   */
  void within(double part) {
    if (part < 1) {
      listener.within(phase, done + part, total);
    }
  }
}
