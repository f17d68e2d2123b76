package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/**
 * Auto-PGD (Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of
 * diverse parameter-free attacks", ICML 2020, arXiv 2003.01690, Algorithm 1): PGD with momentum
 * whose step starts at twice epsilon and is halved, sample by sample, where the loss stops rising,
 * from the best point so far. Nothing to tune but the number of steps. For the L2 norm a step is
 * along the gradient divided by its length, and the ball is reached by scaling.
 *
 * <p>The three kinds are APGD-CE, APGD-DLR and APGD-T of the paper; constants (momentum 0.75,
 * checkpoints at 22 %, then 3 % closer each time down to 6 %, threshold 0.75) and the details that
 * the paper leaves open (start at the border of the ball, momentum from the second step) follow the
 * authors' code.
 *
 * <p>Cost: a forward and a backward pass for each step and start; APGD-T starts once for each
 * target class.
 *
 * @param kind what is maximized
 * @param steps steps of each start, at least 1; the authors use 100
 * @param starts random starts, at least 1; for {@link Kind#TARGETED} the number of target classes:
 *     those with the largest logits, 9 in the authors' code
 * @param eot passes whose gradients are averaged at each step, at least 1: more than 1 for networks
 *     that draw random numbers, 20 in the authors' code
 */
public record Apgd(Kind kind, int steps, int starts, int eot) implements Attack {

  /** What is maximized. */
  public enum Kind {
    /** The cross-entropy: APGD-CE. */
    CROSS_ENTROPY("apgd-ce"),
    /** The difference of logits ratio: APGD-DLR. Needs three classes. */
    DLR("apgd-dlr"),
    /** The targeted difference of logits ratio: APGD-T. Needs four classes. */
    TARGETED("apgd-t");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /**
   * Checks the values.
   *
   * @param kind what is maximized
   * @param steps at least 1
   * @param starts at least 1
   * @param eot at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Apgd {
    Checks.atLeast(1, steps, "APGD", "steps");
    Checks.atLeast(1, starts, "APGD", "starts");
    Checks.atLeast(1, eot, "APGD", "eot");
  }

  /**
   * For a network that draws no random numbers.
   *
   * @param kind what is maximized
   * @param steps at least 1
   * @param starts at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Apgd(Kind kind, int steps, int starts) {
    this(kind, steps, starts, 1);
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
        "%d steps, %d %s%s",
        steps,
        starts,
        kind == Kind.TARGETED ? "target classes" : starts == 1 ? "random start" : "random starts",
        eot == 1 ? "" : ", gradients of " + eot + " passes averaged");
  }

  @Override
  public boolean averages() {
    return eot > 1;
  }

  @Override
  public int leastClasses() {
    return switch (kind) {
      case CROSS_ENTROPY -> 2;
      case DLR -> 3;
      case TARGETED -> 4;
    };
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    int runs = kind == Kind.TARGETED ? target.targetClasses(starts) : starts;
    for (int run = 0; run < runs && !findings.isComplete(); run++) {
      long rank = run + 1L;
      findings.attack(part -> new ApgdRun(part.averaged(eot), steps, loss(part, rank)).perturb());
    }
    return findings.perturbation();
  }

  private ApgdRun.Objective loss(Target target, long rank) {
    return switch (kind) {
      case CROSS_ENTROPY -> ApgdRun.Objective.of(AttackLoss.CROSS_ENTROPY);
      case DLR -> ApgdRun.Objective.of(AttackLoss.DLR);
      case TARGETED -> ApgdRun.Objective.towards(target.ranked(rank));
    };
  }
}
