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
 * the loss))}; for the L2 norm the gradient divided by its length takes the sign's place. A sample
 * counts as broken if any iterate of any start breaks it, and is not attacked further.
 *
 * <p>With {@link AttackLoss#MARGIN} it is the CW attack of the literature on adversarial training:
 * the margin of Carlini and Wagner (S&amp;P 2017), maximized by PGD within a fixed budget.
 *
 * <p>Cost: a forward and a backward pass for each step and start, and one forward pass a start.
 * Depends on its step size; {@link Apgd} does not.
 *
 * @param loss what is maximized
 * @param steps steps of each start, at least 1
 * @param relativeStep the step size, in units of epsilon, above 0
 * @param starts random starts, at least 1
 * @param eot passes whose gradients are averaged at each step, at least 1: more than 1 for networks
 *     that draw random numbers
 */
public record Pgd(AttackLoss loss, int steps, double relativeStep, int starts, int eot)
    implements Attack {
  /**
   * Checks the values.
   *
   * @param loss what is maximized
   * @param steps at least 1
   * @param relativeStep above 0
   * @param starts at least 1
   * @param eot at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Pgd {
    Checks.atLeast(1, eot, "PGD", "eot");
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
    return new Pgd(AttackLoss.CROSS_ENTROPY, steps, 0.25, 1, 1);
  }

  /**
   * The CW attack: one start with steps of a quarter of epsilon on the margin.
   *
   * @param steps at least 1
   * @return the attack
   * @throws IllegalArgumentException if {@code steps} is below 1
   */
  public static Pgd carliniWagner(int steps) {
    return new Pgd(AttackLoss.MARGIN, steps, 0.25, 1, 1);
  }

  /**
   * Another number of starts.
   *
   * @param count random starts, at least 1
   * @return the changed attack
   * @throws IllegalArgumentException if {@code count} is below 1
   */
  public Pgd withStarts(int count) {
    return new Pgd(loss, steps, relativeStep, count, eot);
  }

  @Override
  public String name() {
    return switch (loss) {
      case CROSS_ENTROPY -> "pgd-" + steps;
      case MARGIN -> "cw";
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
        "%d steps of %s epsilon, %d random start%s, %s%s",
        steps,
        relativeStep,
        starts,
        starts == 1 ? "" : "s",
        loss.name().toLowerCase(Locale.ROOT).replace('_', '-'),
        eot == 1 ? "" : ", gradients of " + eot + " passes averaged");
  }

  @Override
  public boolean averages() {
    return eot > 1;
  }

  @Override
  public int leastClasses() {
    return loss == AttackLoss.DLR ? 3 : 2;
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    for (int start = 0; start < starts && !findings.isComplete(); start++) {
      findings.attack(part -> once(part.averaged(eot)));
    }
    return findings.perturbation();
  }

  private Tensor once(Target whole) {
    OpenSamples open = new OpenSamples(whole);
    Scalar step = new Scalar(relativeStep * whole.epsilon());
    Tensor change = whole.random();
    for (int i = 0; i < steps && !open.isEmpty(); i++) {
      Tensor at = change;
      Scope.withoutGradient(
          () -> {
            Target target = open.target();
            List<Tensor> found = target.gradient(at, logits -> loss.of(logits, target.labels()));
            open.take(at, found.get(2));
            target.move(at, target.norm().steepest(found.get(0)), step);
          });
      change = open.shrink().map(kept -> at.index_select(0, kept)).orElse(at);
    }
    return open.finish(change);
  }
}
