package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The checks that losses and metrics share; a mistake must not reach a CUDA kernel. */
final class Logits {
  private Logits() {}

  /** Logits in at least single precision, after checking that they match the targets. */
  static Tensor checked(Tensor logits, Batch batch) {
    if (logits.dim() != 2) {
      throw new IllegalArgumentException(
          "the logits must have shape [n, classes], but have " + Arrays.toString(logits.shape()));
    }
    Tensor targets = batch.targets();
    long n = logits.size(0);
    long classes = logits.size(1);
    boolean fits =
        batch.hasSoftTargets()
            ? targets.dim() == 2 && targets.size(0) == n && targets.size(1) == classes
            : targets.dim() == 1 && targets.size(0) == n;
    if (!fits) {
      throw new IllegalArgumentException(
          "targets of shape "
              + Arrays.toString(targets.shape())
              + " do not fit logits of shape "
              + Arrays.toString(logits.shape())
              + ": expected class indices [n] or probabilities [n, classes]");
    }
    if (!batch.hasSoftTargets()) {
      requireLabels(targets, classes);
    }
    return atLeastSingle(logits);
  }

  /** Autocast leaves logits in half precision, where a softmax is too coarse. */
  static Tensor atLeastSingle(Tensor logits) {
    return switch (logits.scalar_type().intern()) {
      case BFloat16, Half -> logits.to(ScalarType.Float);
      default -> logits;
    };
  }

  private static void requireLabels(Tensor targets, long classes) {
    if (targets.numel() == 0) {
      throw new IllegalArgumentException("the batch is empty");
    }
    long least = torch.min(targets).item_long();
    long most = torch.max(targets).item_long();
    if (least < 0 || most >= classes) {
      throw new IllegalArgumentException(
          "the label "
              + (least < 0 ? least : most)
              + " is out of range: the model has "
              + classes
              + " classes, so labels are 0 to "
              + (classes - 1));
    }
  }

  /** The class that each sample belongs to, int64 [n]. */
  static Tensor classes(Batch batch) {
    return batch.hasSoftTargets()
        ? torch.argmax(batch.targets(), new LongOptional(1), false)
        : batch.targets();
  }

  /** The class with the largest logit of each of n samples. */
  static long[] answers(Tensor logits) {
    return longs(torch.argmax(logits, new LongOptional(1), false));
  }

  /** The largest probability of each sample's softmax. */
  static double[] confidences(Tensor logits) {
    Tensor largest = torch.max(torch.softmax(logits, 1), 1L, false).get0();
    double[] values = new double[Math.toIntExact(largest.numel())];
    largest.to(ScalarType.Double).cpu().contiguous().data_ptr_double().get(values);
    return values;
  }

  /** The values of an int64 tensor. */
  static long[] longs(Tensor tensor) {
    long[] values = new long[Math.toIntExact(tensor.numel())];
    tensor.cpu().contiguous().data_ptr_long().get(values);
    return values;
  }
}
