package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import java.util.Locale;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Auto-PGD (Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of
 * diverse parameter-free attacks", ICML 2020, arXiv 2003.01690, Algorithm 1): PGD with momentum
 * whose step starts at twice epsilon and is halved, sample by sample, where the loss stops rising,
 * from the best point so far. Nothing to tune but the number of steps.
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
 */
public record Apgd(Kind kind, int steps, int starts) implements Attack {

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
   * @throws IllegalArgumentException if a value is out of range
   */
  public Apgd {
    Checks.atLeast(1, steps, "APGD", "steps");
    Checks.atLeast(1, starts, "APGD", "starts");
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
        kind == Kind.TARGETED ? "target classes" : starts == 1 ? "random start" : "random starts");
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    int runs = starts;
    if (kind == Kind.TARGETED) {
      runs = (int) Math.min(starts, target.logits(target.none()).size(1) - 1);
    }
    for (int run = 0; run < runs && !findings.isComplete(); run++) {
      long rank = run + 1L;
      findings.attack(part -> new ApgdRun(part, steps, loss(part, rank)).perturb());
    }
    return findings.perturbation();
  }

  private BinaryOperator<Tensor> loss(Target target, long rank) {
    return switch (kind) {
      case CROSS_ENTROPY -> AttackLoss.CROSS_ENTROPY::of;
      case DLR -> AttackLoss.DLR::of;
      case TARGETED -> {
        // The model gets the clean samples right: rank 0 is the label.
        Tensor classes =
            torch.argsort(target.logits(target.none()), 1, true).select(1, rank).contiguous();
        yield (logits, labels) -> AttackLoss.targetedDlr(logits, labels, classes);
      }
    };
  }
}
