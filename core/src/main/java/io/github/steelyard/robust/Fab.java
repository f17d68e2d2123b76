package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The fast adaptive boundary attack (Croce and Hein, "Minimally distorted adversarial examples with
 * a fast adaptive boundary attack", ICML 2020, arXiv 1907.02044): looks for the smallest change
 * that breaks a sample, whatever epsilon is. Each step linearizes the classifier and projects both
 * the changed and the clean sample onto the nearest class's boundary within the valid range:
 *
 * <pre>
 * x &lt;- clip((1 - alpha) (x + eta · d(x)) + alpha (x_0 + eta · d(x_0)))
 * alpha = min(|d(x)| / (|d(x)| + |d(x_0)|), 0.1),   eta = 1.05
 * where x is broken:  keep it if it is the nearest so far;  x &lt;- x_0 + 0.9 (x - x_0)
 * </pre>
 *
 * <p>FAB looks at the boundaries to all classes, FAB-T of the AutoAttack paper at one class a
 * start. The clean sample is the first start; further ones are at half epsilon from it. A sample is
 * left alone as soon as a change of at most epsilon breaks it.
 *
 * <p>Cost: for each step and start two forward passes and a backward pass; for FAB a backward pass
 * for each class but one. FAB-T suits many classes.
 *
 * @param kind which boundaries
 * @param steps steps of each start, at least 1; the authors use 100
 * @param starts starts, at least 1; for {@link Kind#TARGETED} the number of target classes, those
 *     with the largest logits, 9 in AutoAttack
 */
public record Fab(Kind kind, int steps, int starts) implements Attack {

  /** Which boundaries are looked at. */
  public enum Kind {
    /** Those to all classes: FAB. */
    UNTARGETED("fab"),
    /** The one to a target class: FAB-T. */
    TARGETED("fab-t");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /**
   * Checks the values.
   *
   * @param kind which boundaries
   * @param steps at least 1
   * @param starts at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Fab {
    Checks.atLeast(1, steps, "FAB", "steps");
    Checks.atLeast(1, starts, "FAB", "starts");
  }

  @Override
  public String name() {
    return kind.text;
  }

  @Override
  public boolean usesGradients() {
    return true;
  }

  @Override
  public String settings() {
    return String.format(
        Locale.ROOT,
        "%d steps, %d %s",
        steps,
        starts,
        kind == Kind.TARGETED ? "target classes" : starts == 1 ? "start" : "starts");
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    int runs = kind == Kind.TARGETED ? target.targetClasses(starts) : starts;
    for (int run = 0; run < runs && !findings.isComplete(); run++) {
      long number = run;
      findings.attack(part -> part.clip(run(part, number).perturb(steps)));
    }
    return findings.perturbation();
  }

  private FabRun run(Target part, long number) {
    if (kind == Kind.TARGETED) {
      return new FabRun(part, part.none(), Optional.of(part.ranked(number + 1)));
    }
    Tensor start = number == 0 ? part.none() : part.clip(part.border().mul(new Scalar(0.5)));
    return new FabRun(part, start, Optional.empty());
  }
}
