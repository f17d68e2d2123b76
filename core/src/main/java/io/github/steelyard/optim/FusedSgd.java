package io.github.steelyard.optim;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The step that SGD and SGDP share. */
final class FusedSgd {
  private final FusedKernel kernel = new FusedKernel("_fused_sgd_");

  /**
   * Coefficients of one step.
   *
   * @param learningRate &gamma;
   * @param weightDecay &lambda; of the L2 decay
   * @param momentum &mu;; with 0 there is no moment
   * @param dampening &tau;
   * @param nesterov whether to look ahead
   * @param fromGradient whether the moments begin as the gradients, undampened
   */
  record Coefficients(
      double learningRate,
      double weightDecay,
      double momentum,
      double dampening,
      boolean nesterov,
      boolean fromGradient) {}

  /** Updates the moments and takes the step on the targets. */
  void move(List<Tensor> targets, Bucket bucket, Coefficients c) {
    List<Tensor> moments = c.momentum > 0 ? bucket.moments(0) : List.of();
    if (isHalfPrecisionOnCpu(targets.get(0))) {
      // libtorch 2.10's kernel leaves most of such weights unmoved
      List<Tensor> gradients = bucket.gradients();
      for (int i = 0; i < targets.size(); i++) {
        move(targets.get(i), gradients.get(i), moments.isEmpty() ? null : moments.get(i), c);
      }
      return;
    }
    boolean maximize = false;
    kernel.call(
        targets,
        bucket.gradients(),
        moments,
        c.weightDecay,
        c.momentum,
        c.learningRate,
        c.dampening,
        c.nesterov,
        maximize,
        c.fromGradient);
  }

  private static boolean isHalfPrecisionOnCpu(Tensor tensor) {
    ScalarType type = tensor.scalar_type().intern();
    return tensor.is_cpu() && (type == ScalarType.Half || type == ScalarType.BFloat16);
  }

  private static void move(Tensor target, Tensor gradient, Tensor moment, Coefficients c) {
    Tensor g = c.weightDecay > 0 ? gradient.add(target, new Scalar(c.weightDecay)) : gradient;
    Tensor d = g;
    if (moment != null) {
      if (c.fromGradient) {
        moment.copy_(g);
      } else {
        moment.mul_(new Scalar(c.momentum)).add_(g, new Scalar(1 - c.dampening));
      }
      d = c.nesterov ? g.add(moment, new Scalar(c.momentum)) : moment;
    }
    target.add_(d, new Scalar(-c.learningRate));
  }
}
