package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Distributed;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Adds up accuracy and loss over batches. */
final class ScoreSums {
  private long samples;
  private long correct;
  private double loss;

  void add(Tensor output, Tensor targets) {
    if (output.dim() != 2 || output.size(0) != targets.size(0)) {
      throw new IllegalArgumentException(
          "scores need an output [n, classes] for the %d targets, but the network gives %s"
              .formatted(targets.size(0), Arrays.toString(output.shape())));
    }
    Tensor precise = output.to(ScalarType.Double);
    Tensor logarithms = torch.log_softmax(precise, 1);
    Tensor onDevice = targets.to(output.device(), targets.scalar_type());
    boolean soft = targets.is_floating_point();
    Tensor classes =
        soft ? onDevice.argmax(new LongOptional(1), false) : onDevice.to(ScalarType.Long);
    Tensor gained =
        soft
            ? logarithms.mul(onDevice.to(ScalarType.Double))
            : logarithms.gather(1, classes.unsqueeze(1));
    loss -= gained.sum().item_double();
    correct += precise.argmax(new LongOptional(1), false).eq(classes).sum().item_long();
    samples += output.size(0);
  }

  /** That of all ranks together, each of which saw other batches. */
  AblationScore score() {
    double[] all = Distributed.current().sum((double) correct, loss, (double) samples);
    return new AblationScore(all[0] / all[2], all[1] / all[2]);
  }
}
