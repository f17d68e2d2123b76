package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Measures a model under attack by a {@link Protocol}: clean accuracy, accuracy under each attack,
 * and the point-wise worst case, where a sample counts as right only if no attack breaks it.
 *
 * <p>Samples that the model gets wrong anyway are not attacked. The same seed gives the same result
 * whatever else draws random numbers, and a training that goes on afterwards is not disturbed.
 *
 * <pre>{@code
 * RobustnessResult result =
 *     new RobustnessEvaluation(Protocol.standard(), threat, 0).evaluate(model, test, Device.CPU);
 * }</pre>
 *
 * <p>It then looks for signs of masked gradients (Athalye, Carlini and Wagner, "Obfuscated
 * gradients give a false sense of security", ICML 2018), which make a model look robust: see {@link
 * RobustnessResult#warnings}.
 */
public final class RobustnessEvaluation {
  private final Protocol protocol;
  private final ThreatModel threat;
  private final long seed;

  /** Is told how far an evaluation is. */
  @FunctionalInterface
  public interface Listener {
    /**
     * An attack on a batch is done.
     *
     * @param attack the attack's name
     * @param batch the batch's number, from 0
     * @param batches how many there are
     */
    void attacked(String attack, int batch, int batches);
  }

  /**
   * Creates an evaluation.
   *
   * @param protocol which attacks
   * @param threat what they are allowed
   * @param seed of their random numbers
   */
  public RobustnessEvaluation(Protocol protocol, ThreatModel threat, long seed) {
    this.protocol = protocol;
    this.threat = threat;
    this.seed = seed;
  }

  /**
   * Measures a model on a source, which is read as its epoch 0.
   *
   * @param model a classifier; every part has its own mode again afterwards
   * @param source samples with class indices
   * @param device where the model is and the batches are moved to
   * @return the accuracies, with protocol and warnings
   * @throws IllegalArgumentException if the source has no batch or soft targets, or an attack does
   *     not suit the model
   */
  public RobustnessResult evaluate(Module model, BatchSource source, Device device) {
    return evaluate(model, source, device, (attack, batch, batches) -> {});
  }

  /**
   * Measures a model on a source, which is read as its epoch 0.
   *
   * @param model a classifier; every part has its own mode again afterwards
   * @param source samples with class indices
   * @param device where the model is and the batches are moved to
   * @param listener is told after each attack on each batch
   * @return the accuracies, with protocol and warnings
   * @throws IllegalArgumentException if the source has no batch or soft targets, or an attack does
   *     not suit the model
   */
  public RobustnessResult evaluate(
      Module model, BatchSource source, Device device, Listener listener) {
    Counts counts = new Counts();
    List<String> warnings = new ArrayList<>();
    EvaluationMode.compute(
        model,
        () -> {
          int batches = source.batchesPerEpoch();
          try (BatchStream stream = source.epoch(0, 0)) {
            for (int number = 0; stream.hasNext(); number++) {
              int batch = number;
              Scope.withoutGradient(
                  () -> {
                    Batch samples = on(stream.next(), device);
                    attack(
                        model,
                        samples,
                        batch,
                        counts,
                        name -> listener.attacked(name, batch, batches));
                    if (batch == 0) {
                      warnings.addAll(
                          new MaskedGradientCheck(threat, Seeds.derive(seed, -1))
                              .check(model, samples));
                    }
                  });
            }
          }
          return null;
        });
    if (counts.samples == 0) {
      throw new IllegalArgumentException("the source has no samples to attack");
    }
    return counts.result(warnings);
  }

  private interface Note {
    void done(String attack);
  }

  private void attack(Module model, Batch batch, int number, Counts counts, Note note) {
    GeneratorOptional none = new GeneratorOptional();
    Target target = new Target(model, batch, threat, none);
    Tensor wrong = target.broken(target.logits(target.none()));
    Tensor worst = wrong.clone();
    counts.samples += batch.size();
    counts.right += batch.size() - count(wrong);
    for (int i = 0; i < protocol.attacks().size(); i++) {
      Attack attack = protocol.attacks().get(i);
      long own = Seeds.derive(seed, number, i);
      Tensor broken = (protocol.cascade() ? worst : wrong).clone();
      Scope.withoutGradient(() -> run(attack, model, batch, broken, own));
      worst.logical_or_(broken);
      counts.add(attack.name(), batch.size() - count(broken));
      note.done(attack.name());
    }
    counts.heldAll += batch.size() - count(worst);
  }

  /** Attacks the samples that are not broken, and marks those that now are. */
  private void run(Attack attack, Module model, Batch batch, Tensor broken, long own) {
    Tensor open = broken.logical_not().nonzero().reshape(-1);
    if (open.numel() == 0) {
      return;
    }
    Batch part =
        new Batch(batch.inputs().index_select(0, open), batch.targets().index_select(0, open));
    broken.index_copy_(0, open, attack.run(model, part, threat, own).broken());
  }

  static long count(Tensor mask) {
    return torch.sum(mask).item_long();
  }

  static Batch on(Batch batch, Device device) {
    if (batch.hasSoftTargets()) {
      throw new IllegalArgumentException(
          "attacks need class indices, but the source gives probabilities; leave mixup out");
    }
    if (device.equals(Device.CPU)) {
      return batch;
    }
    Tensor inputs = batch.inputs();
    Tensor targets = batch.targets();
    return new Batch(
        inputs.to(device.torch(), inputs.scalar_type()),
        targets.to(device.torch(), targets.scalar_type()));
  }

  /** Samples that the model gets right. */
  private final class Counts {
    private final Map<String, Long> held = new LinkedHashMap<>();
    private long samples;
    private long right;
    private long heldAll;

    private void add(String attack, long number) {
      held.merge(attack, number, Long::sum);
    }

    private RobustnessResult result(List<String> found) {
      Map<String, Double> accuracies = new LinkedHashMap<>();
      held.forEach((name, number) -> accuracies.put(name, number / (double) samples));
      List<String> warnings = new ArrayList<>(compared());
      warnings.addAll(found);
      return new RobustnessResult(
          protocol,
          threat,
          seed,
          samples,
          right / (double) samples,
          accuracies,
          heldAll / (double) samples,
          warnings);
    }

    /** What the attacks' results say about one another; in a cascade they cannot be compared. */
    private List<String> compared() {
      List<String> warnings = new ArrayList<>();
      if (protocol.cascade()) {
        return warnings;
      }
      long best = Long.MAX_VALUE;
      long whiteBoxes = 0;
      for (Attack attack : protocol.attacks()) {
        if (attack.usesGradients()) {
          best = Math.min(best, held.get(attack.name()));
          whiteBoxes++;
        }
      }
      for (Attack attack : protocol.attacks()) {
        long own = held.get(attack.name());
        if (!attack.usesGradients() && whiteBoxes > 0 && own < best) {
          warnings.add(
              attack.name()
                  + " breaks "
                  + (best - own)
                  + " samples more than the best attack that follows gradients: the gradients seem"
                  + " masked, so only the worst case counts, and it may still be too high");
        }
      }
      Long oneStep = held.get(new Fgsm().name());
      for (Attack attack : protocol.attacks()) {
        boolean manySteps = attack instanceof Pgd pgd && pgd.steps() > 1;
        // Random starts may lose a few samples by chance.
        if (manySteps && oneStep != null && held.get(attack.name()) > oneStep + samples / 500) {
          warnings.add(
              attack.name()
                  + " of many steps breaks fewer samples than fgsm of one: the gradients seem"
                  + " masked");
        }
      }
      return warnings;
    }
  }
}
