package io.github.steelyard.robust;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The fast gradient sign method: {@code delta = epsilon · sign(gradient of the cross-entropy)},
 * within the valid range (Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial
 * examples", ICLR 2015). For the L2 norm the gradient of length epsilon takes the sign's place. One
 * forward and one backward pass. Exact for a linear model of two classes; weak otherwise, and
 * fooled by masked gradients: report it beside stronger attacks only.
 */
public record Fgsm() implements Attack {
  @Override
  public String name() {
    return "fgsm";
  }

  @Override
  public boolean usesGradients() {
    return true;
  }

  @Override
  public String settings() {
    return "1 step of epsilon, cross-entropy";
  }

  @Override
  public Tensor perturb(Target target) {
    Tensor gradient =
        target
            .gradient(target.none(), logits -> AttackLoss.CROSS_ENTROPY.of(logits, target.labels()))
            .get(0);
    return target.norm().steepest(gradient).mul(new Scalar(target.epsilon()));
  }
}
