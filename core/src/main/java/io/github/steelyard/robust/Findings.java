package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The samples of a target that are broken so far, and by which change. */
final class Findings {
  private final Target target;
  private final Tensor perturbation;
  private final Tensor broken;

  Findings(Target target) {
    this.target = target;
    perturbation = target.none();
    broken = torch.zeros_like(target.labels()).to(ScalarType.Bool);
  }

  /** What an attack finds on samples; those that the model gets wrong without a change are left. */
  static Findings of(Attack attack, Target target) {
    Findings findings = new Findings(target);
    findings.take(target.none(), target.logits(target.none()));
    findings.attack(part -> part.clip(attack.perturb(part)));
    return findings;
  }

  /** Notes the change of each sample that it breaks first. */
  void take(Tensor change, Tensor logits) {
    Scope.withoutGradient(
        () -> {
          Tensor fresh = target.broken(logits).logical_and(broken.logical_not());
          perturbation.copy_(torch.where(target.perSample(fresh), change, perturbation));
          broken.logical_or_(fresh);
        });
  }

  /** Lets an attack look for changes of the samples that still hold. */
  void attack(Function<Target, Tensor> attack) {
    Scope.withoutGradient(
        () -> {
          Tensor open = open();
          if (open.numel() == 0) {
            return;
          }
          Target part = target.select(open);
          Tensor change = attack.apply(part);
          mark(open, change, part.broken(part.logits(change)));
        });
  }

  /** The indices of the samples that still hold. */
  Tensor open() {
    return broken.logical_not().nonzero().reshape(-1);
  }

  /** Notes changes of some samples, and which of them break. */
  void mark(Tensor indices, Tensor change, Tensor nowBroken) {
    perturbation.index_copy_(0, indices, change);
    broken.index_copy_(0, indices, nowBroken);
  }

  boolean isComplete() {
    return Scope.computeWithoutGradient(() -> broken.all().item_bool());
  }

  /** The change that broke each sample, or another one for those that hold. */
  Tensor orElse(Tensor other) {
    return torch.where(target.perSample(broken), perturbation, other);
  }

  /** The change that broke each sample; for one that holds the last one tried. */
  Tensor perturbation() {
    return perturbation;
  }

  Tensor broken() {
    return broken;
  }
}
