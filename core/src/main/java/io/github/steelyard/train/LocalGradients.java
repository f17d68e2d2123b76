package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** The gradients of a step of one process. */
final class LocalGradients extends StepGradients {
  private double rescale = 1;

  LocalGradients(SteppedRun run, int batches) {
    super(run, batches);
  }

  @Override
  void add(Loss batchLoss, Batch batch) {
    add(batch.size(), () -> Mean.of(batchLoss.compute(run.model(), batch)));
  }

  @Override
  void add(long samples, Supplier<Mean> batchLoss) {
    Tensor share = autocast(() -> share(samples, batchLoss.get()));
    double value = share.item_double();
    requireFinite(value, "");
    requireGradient(share);
    if (rescale != 1) {
      rescaleGradients(rescale);
    }
    share.backward();
    loss = loss * rescale + value;
  }

  private Tensor share(long samples, Mean mean) {
    Tensor batchLoss = mean.loss();
    requireScalar(batchLoss);
    rescale = weights.take(mean.weight());
    run.count(batchLoss.item_double() * mean.weight(), mean.weight(), samples);
    Tensor share = weights.of(batchLoss);
    if (weights.isComplete()) {
      for (Map.Entry<String, Penalty> entry : run.penalties().entrySet()) {
        Tensor penalty = entry.getValue().compute(run.model());
        run.tell(entry.getKey(), penalty.item_double());
        share = share.add(penalty);
      }
    }
    return share;
  }
}
