package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Projected gradient descent (Madry et al., "Towards deep learning models resistant to adversarial
 * attacks", ICLR 2018): from a random start, {@code delta <- clip(delta + step · sign(gradient of
 * the loss))}. A sample counts as broken if any iterate of any start breaks it; the next start
 * works on those that hold.
 *
 * <p>With {@link AttackLoss#MARGIN} it is the CW-Linf attack of the literature on adversarial
 * training: the margin of Carlini and Wagner (S&amp;P 2017), maximized by PGD within a fixed
 * budget.
 *
 * <p>Cost: a forward and a backward pass for each step and start, and one forward pass a start.
 * Depends on its step size; {@link Apgd} does not.
 *
 * @param loss what is maximized
 * @param steps steps of each start, at least 1
 * @param relativeStep the step size, in units of epsilon, above 0
 * @param starts random starts, at least 1
 */
public record Pgd(AttackLoss loss, int steps, double relativeStep, int starts) implements Attack {
  /**
   * Checks the values.
   *
   * @param loss what is maximized
   * @param steps at least 1
   * @param relativeStep above 0
   * @param starts at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Pgd {
    Checks.atLeast(1, steps, "PGD", "steps");
    Checks.positive(relativeStep, "PGD", "relativeStep");
    Checks.atLeast(1, starts, "PGD", "starts");
  }

  /**
   * One start with steps of a quarter of epsilon (2/255 of 8/255) on the cross-entropy.
   *
   * @param steps at least 1
   * @return the attack
   * @throws IllegalArgumentException if {@code steps} is below 1
   */
  public static Pgd of(int steps) {
    return new Pgd(AttackLoss.CROSS_ENTROPY, steps, 0.25, 1);
  }

  /**
   * The CW-Linf attack: one start with steps of a quarter of epsilon on the margin.
   *
   * @param steps at least 1
   * @return the attack
   * @throws IllegalArgumentException if {@code steps} is below 1
   */
  public static Pgd carliniWagner(int steps) {
    return new Pgd(AttackLoss.MARGIN, steps, 0.25, 1);
  }

  /**
   * Another number of starts.
   *
   * @param count random starts, at least 1
   * @return the changed attack
   * @throws IllegalArgumentException if {@code count} is below 1
   */
  public Pgd withStarts(int count) {
    return new Pgd(loss, steps, relativeStep, count);
  }

  @Override
  public String name() {
    return switch (loss) {
      case CROSS_ENTROPY -> "pgd-" + steps;
      case MARGIN -> "cw-linf";
      case DLR -> "pgd-dlr-" + steps;
    };
  }

  @Override
  public boolean usesGradients() {
    return true;
  }

  @Override
  public String settings() {
    return String.format(
        Locale.ROOT,
        "%d steps of %s epsilon, %d random start%s, %s",
        steps,
        relativeStep,
        starts,
        starts == 1 ? "" : "s",
        loss.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    for (int start = 0; start < starts && !findings.isComplete(); start++) {
      findings.attack(this::once);
    }
    return findings.perturbation();
  }

  private Tensor once(Target target) {
    Findings findings = new Findings(target);
    Scalar step = new Scalar(relativeStep * target.epsilon());
    Tensor change = target.random();
    for (int i = 0; i < steps; i++) {
      Scope.withoutGradient(
          () -> {
            List<Tensor> found =
                target.gradient(change, logits -> loss.of(logits, target.labels()));
            findings.take(change, found.get(2));
            change.copy_(target.clip(change.add(found.get(0).sign().mul(step))));
          });
    }
    findings.take(change, target.logits(change));
    return findings.orElse(change);
  }
}
