package io.github.steelyard.optim;

import java.util.List;

/** The step that Adam and AdamW share; they differ in the kernel, which applies the decay. */
final class FusedAdam {
  private final FusedKernel kernel;
  private final double beta1;
  private final double beta2;
  private final double eps;
  private final boolean amsgrad;

  FusedAdam(FusedKernel kernel, double beta1, double beta2, double eps, boolean amsgrad) {
    this.kernel = kernel;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.eps = eps;
    this.amsgrad = amsgrad;
  }

  /** The names of the moments, as PyTorch saves them. */
  static List<String> moments(boolean amsgrad) {
    return amsgrad
        ? List.of("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        : List.of("exp_avg", "exp_avg_sq");
  }

  void move(Bucket bucket) {
    ParameterGroup group = bucket.group();
    boolean maximize = false;
    HalfPrecision.step(
        bucket.parameters(),
        bucket.gradients(),
        (targets, gradients) ->
            kernel.call(
                targets,
                gradients,
                bucket.momentValues(0),
                bucket.momentValues(1),
                amsgrad ? bucket.momentValues(2) : List.of(),
                bucket.stepTensors(),
                group.learningRate(),
                beta1,
                beta2,
                group.weightDecay(),
                eps,
                amsgrad,
                maximize));
  }
}
