package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The gradients of a step of many ranks, each of which has its part of each batch: rank r's mean
 * loss counts by its weight w_r, so that libtorch's average over the R ranks is the gradient of the
 * mean over all samples,
 *
 * <pre>1/R sum_r R w_r / (sum_s w_s) grad loss_r</pre>
 *
 * <p>Gradients are reduced with the last batch of a step only.
 */
final class RankGradients extends StepGradients {
  private final DataParallel parallel;
  private double rescale = 1;
  private int taken;

  RankGradients(SteppedRun run, int batches, DataParallel parallel) {
    super(run, batches);
    this.parallel = parallel;
  }

  @Override
  void add(Loss batchLoss, Batch batch) {
    add(batch.size(), () -> Mean.of(batchLoss.compute(run.model(), batch)));
  }

  @Override
  void add(long samples, Supplier<Mean> batchLoss) {
    Map<String, Tensor> before = parallel.isLooking() ? parallel.forward().before() : Map.of();
    parallel.seed(run.step(), taken++, parallel.ranks().rank());
    Tensor share = autocast(() -> share(samples, batchLoss));
    requireGradient(share);
    parallel.prepare(); // Only now do scales that are learned from a first batch have their shape.
    if (rescale != 1) {
      rescaleGradients(rescale);
    }
    if (weights.isComplete()) {
      parallel.reducer().backward(share);
      parallel.average(before);
    } else {
      share.backward();
    }
  }

  private Tensor share(long samples, Supplier<Mean> batchLoss) {
    Mean mean = samples == 0 ? null : batchLoss.get();
    if (mean != null) {
      requireScalar(mean.loss());
    }
    parallel.seed(run.step(), taken, parallel.ranks().size()); // the same in all ranks again
    double value = mean == null ? 0 : mean.loss().item_double();
    double weight = mean == null ? 0 : mean.weight();
    double[] sums = parallel.agree("rank", value, weight, (double) samples);
    rescale = weights.take(sums[1]);
    run.count(sums[0], sums[1], (long) sums[2]);
    double scale = weight * parallel.ranks().size() / sums[1];
    Tensor share = weights.of(mean.loss().mul(new Scalar(scale)));
    loss = loss * rescale + sums[0] / sums[1] / weights.parts();
    if (weights.isComplete()) {
      Tensor penalties = penalties();
      if (penalties != null) {
        share = share.add(penalties);
      }
    }
    return share;
  }
}
