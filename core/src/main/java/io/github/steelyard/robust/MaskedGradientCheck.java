package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Looks for signs that a model hides its gradients from attacks instead of being robust (Athalye,
 * Carlini and Wagner, "Obfuscated gradients give a false sense of security", ICML 2018; Carlini et
 * al., "On evaluating adversarial robustness", 2019): gradients that are zero, more steps or a
 * larger epsilon that break fewer samples, and samples that hold although everything may change.
 *
 * <p>Costs 4 runs of PGD, 140 forward and backward passes of one batch.
 *
 * @param threat what attacks are allowed
 * @param seed of their random numbers
 */
record MaskedGradientCheck(ThreatModel threat, long seed) {
  private static final int STEPS = 20;

  /** The share of samples that may hold by chance when everything may change. */
  private static final double MOST_HELD = 0.05;

  /**
   * Checks a model on a batch.
   *
   * @param model a classifier
   * @param batch inputs and class indices, on the model's device; some dozens are enough
   * @return what was found, in sentences; empty if nothing
   * @throws IllegalArgumentException if an attack does not suit model or batch
   */
  public List<String> check(Module model, Batch batch) {
    if (threat.epsilon() == 0) {
      return List.of();
    }
    List<String> warnings = new ArrayList<>();
    double zero = zeroGradients(model, batch);
    if (zero > MOST_HELD) {
      warnings.add(
          percent(zero)
              + " of the samples have a gradient of exactly zero, which attacks cannot follow");
    }
    double usual = held(model, batch, threat, STEPS);
    double longer = held(model, batch, threat, 4 * STEPS);
    double wider = held(model, batch, threat.withEpsilon(2 * threat.epsilon()), STEPS);
    double everything =
        held(model, batch, threat.unlimited(batch.inputs().numel() / batch.size()), STEPS);
    // One sample may change sides by the chance of a start.
    double slack = 1.0 / batch.size() + 1e-9;
    if (longer > usual + slack) {
      warnings.add(rises("four times as many steps", usual, longer));
    }
    if (wider > usual + slack) {
      warnings.add(rises("twice the epsilon", usual, wider));
    }
    if (everything > MOST_HELD + slack) {
      warnings.add(
          "although every value may change without limit, PGD leaves "
              + percent(everything)
              + " of the samples unbroken: the gradients seem masked");
    }
    return warnings;
  }

  private static String rises(String with, double from, double to) {
    return "with "
        + with
        + " PGD breaks fewer samples: accuracy rises from "
        + percent(from)
        + " to "
        + percent(to);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private double held(Module model, Batch batch, ThreatModel allowed, int steps) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor broken =
              Pgd.of(steps).run(model, batch, allowed, Seeds.derive(seed, steps)).broken();
          return 1 - Target.count(broken) / (double) batch.size();
        });
  }

  private double zeroGradients(Module model, Batch batch) {
    return EvaluationMode.compute(
        model,
        () ->
            Scope.computeWithoutGradient(
                () -> {
                  Target target = new Target(model, batch, threat, Draws.shared());
                  Tensor gradient =
                      target
                          .gradient(
                              target.none(),
                              logits -> AttackLoss.MARGIN.of(logits, target.labels()))
                          .get(0);
                  Tensor largest = gradient.abs().flatten(1, -1).amax(new long[] {1}, false);
                  return Target.count(largest.eq(new Scalar(0.0))) / (double) batch.size();
                }));
  }
}
