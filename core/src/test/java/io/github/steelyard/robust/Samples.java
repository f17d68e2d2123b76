package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Samples to attack and to train on. */
final class Samples {
  private Samples() {}

  /** The same batches in every epoch. */
  static BatchSource of(Batch... batches) {
    return ComputedBatches.of(List.of(batches));
  }

  /** Grey levels in [0, 1] with random labels. */
  static Batch random(long count, long classes, long... shape) {
    long[] sizes = new long[shape.length + 1];
    sizes[0] = count;
    System.arraycopy(shape, 0, sizes, 1, shape.length);
    return new Batch(torch.rand(sizes), torch.randint(classes, new long[] {count}));
  }

  /** Images whose class decides which quarter is bright, in the units of the normalization. */
  static Batch quarters(long count, long classes, InputDomain domain) {
    Tensor labels = torch.randint(classes, new long[] {count});
    Tensor images = torch.rand(count, 1, 8, 8).mul(new Scalar(0.6));
    for (long i = 0; i < count; i++) {
      long label = labels.select(0, i).item_long();
      images
          .select(0, i)
          .narrow(1, label / 2 * 4, 4)
          .narrow(2, label % 2 * 4, 4)
          .add_(new Scalar(0.4));
    }
    Tensor mean = images.sub(new Scalar(domain.mean().get(0)));
    return new Batch(mean.div(new Scalar(domain.deviation().get(0))), labels);
  }
}
