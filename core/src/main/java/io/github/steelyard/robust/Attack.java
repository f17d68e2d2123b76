package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Named;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Looks for a small change of each sample that makes a classifier wrong. An attack is an immutable
 * configuration; its numbers are all in {@link #settings()}, so that they can stand beside the
 * result. An own attack implements {@link #perturb}; {@link AttackProvider} gives it a name.
 *
 * <pre>{@code
 * ThreatModel threat = new ThreatModel(8.0 / 255, InputDomain.of(Normalization.CIFAR10));
 * AttackResult result = Pgd.of(20).run(model, batch, threat, 0);
 * }</pre>
 */
public interface Attack extends Named {
  /**
   * What people call it; its random numbers also depend on it.
   *
   * @return small letters, digits and '-', such as {@code pgd-20}
   */
  @Override
  String name();

  /**
   * Whether it follows the model's gradients (white box).
   *
   * @return false for an attack that only asks for logits (black box)
   */
  boolean usesGradients();

  /**
   * Every number that decides the result, beside threat model and seed.
   *
   * @return in words, such as {@code "20 steps of 0.25 epsilon, 5 random starts, cross-entropy"}
   */
  String settings();

  /**
   * Whether it averages gradients over several passes, as a network that draws random numbers needs
   * it.
   *
   * @return false for most
   */
  default boolean averages() {
    return false;
  }

  /**
   * How many classes it needs. With fewer, a {@link RobustnessEvaluation} skips it and says so.
   *
   * @return at least 2
   */
  default int leastClasses() {
    return 2;
  }

  /**
   * Looks for changes. The model is in evaluation mode.
   *
   * @param target samples that the model gets right, and what is allowed
   * @return a perturbation of the target's inputs, in seen units; what is not allowed of it is
   *     clipped
   */
  Tensor perturb(Target target);

  /**
   * Attacks a batch: samples that the model gets wrong without a change are left alone. The model
   * is in evaluation mode meanwhile, and its parameters' gradients stay as they are. The same seed
   * gives the same result, also of a network that draws random numbers on the processor; the random
   * numbers of others are not touched. Each sample has its own, by its place in the batch.
   *
   * @param model a classifier
   * @param batch inputs and class indices, on the model's device
   * @param threat what is allowed
   * @param seed of the attack's own random numbers
   * @return changed inputs and which samples are broken; its tensors belong to the caller's scope
   * @throws IllegalArgumentException if the batch has soft targets, or the model is no classifier
   *     or has too few classes or no gradient for this attack
   */
  default AttackResult run(Module model, Batch batch, ThreatModel threat, long seed) {
    if (batch.hasSoftTargets()) {
      throw new IllegalArgumentException(
          "an attack needs class indices, but the batch has probabilities; was it mixed by mixup?");
    }
    List<Tensor> found =
        EvaluationMode.compute(
            model,
            () ->
                Draws.protect(
                    seed,
                    () ->
                        Scope.computeWithoutGradient(
                            () -> {
                              Draws draws = Draws.perSample(seed, this, 0, batch.size());
                              Target target = new Target(model, batch, threat, draws);
                              Findings findings = Findings.of(this, target);
                              return List.of(
                                  target.inputs(findings.perturbation()).contiguous(),
                                  findings.broken());
                            })));
    return new AttackResult(found.get(0), found.get(1));
  }
}
