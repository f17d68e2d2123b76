package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.Part;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Measures a model under attack by a {@link Protocol}: clean accuracy, accuracy under each attack,
 * and the point-wise worst case, where a sample counts as right only if no attack breaks it.
 *
 * <p>Samples that the model gets wrong anyway are not attacked. The same seed gives the same result
 * whatever else draws random numbers, and a training that goes on afterwards is not disturbed. A
 * sample's random numbers depend on the seed, the attack's name and its place in the source only,
 * so that the size of the batches decides nothing but rounding. Of many {@linkplain Distributed
 * ranks} each attacks consecutive batches, and all get the result of one process: the same samples
 * are broken, and what is found by any attack is gathered.
 *
 * <pre>{@code
 * RobustnessResult result =
 *     new RobustnessEvaluation(Protocol.standard(), threat, 0).evaluate(model, test, Device.CPU);
 * }</pre>
 *
 * <p>It looks for what makes a model look robust: outputs that are probabilities or random, and
 * signs of masked gradients (Athalye, Carlini and Wagner, "Obfuscated gradients give a false sense
 * of security", ICML 2018). See {@link RobustnessResult#warnings}. Attacks that need more classes
 * than there are do not run: see {@link RobustnessResult#skipped}.
 */
public final class RobustnessEvaluation {
  /** The share of samples that a black box may find after other attacks; as in AutoAttack. */
  private static final double MOST_FOUND = 0.002;

  private final Protocol protocol;
  private final ThreatModel threat;
  private final long seed;

  /** Is told how far an evaluation is. */
  @FunctionalInterface
  public interface Listener {
    /**
     * An attack on a batch is done. Of many ranks each hears of as many batches as the one with
     * most has, so that all are at the same place when they hear it.
     *
     * @param attack the attack's name
     * @param batch the number of this process's batch, from 0
     * @param batches how many the rank with most has
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
    return Draws.protect(
        Seeds.derive(seed, -2),
        () -> EvaluationMode.compute(model, () -> measured(model, source, device, listener)));
  }

  private RobustnessResult measured(
      Module model, BatchSource source, Device device, Listener listener) {
    int batches = source.batchesPerEpoch();
    if (batches < 1) {
      throw new IllegalArgumentException("the source has no samples to attack");
    }
    Counts counts = new Counts(protocol.attacks());
    List<String> warnings = new ArrayList<>();
    Distributed ranks = Distributed.current();
    Part part = Part.ofBatches(batches);
    int begin = part.begin(batches);
    int own = part.end(batches) - begin;
    int rounds = part.most(batches);
    boolean hasFirst = begin == 0 && own > 0;
    long[] seen = {source.samplesBefore(begin)};
    try (BatchStream stream = source.epoch(0, begin)) {
      for (int round = 0; round < rounds; round++) {
        int batch = round;
        Note note = name -> listener.attacked(name, batch, rounds);
        Scope.withoutGradient(
            () -> {
              Batch moved = batch < own ? on(stream.next(), device) : null;
              Target target =
                  moved == null ? null : new Target(model, moved, threat, Draws.shared());
              if (batch == 0) {
                long classes = target == null ? 0 : target.classes();
                warnings.addAll(counts.skipTooFewClasses(most(ranks, classes)));
              }
              if (batch == 0 && hasFirst) {
                warnings.addAll(OutputCheck.of(target).warnings(protocol));
              }
              if (target == null) {
                counts.attacks.forEach(attack -> note.done(attack.name()));
                return;
              }
              attack(target, counts, seen[0], note);
              seen[0] += moved.size();
              if (batch == 0 && hasFirst) {
                warnings.addAll(
                    new MaskedGradientCheck(threat, Seeds.derive(seed, -1)).check(model, moved));
              }
            });
      }
    }
    counts.overRanks(ranks);
    int first = (int) ranks.sum(begin + own == 0 ? 1 : 0)[0]; // Ranks before it have no batch.
    String said = ranks.tell(String.join("\n", warnings), first);
    return counts.result(said.isEmpty() ? List.of() : List.of(said.split("\n", -1)));
  }

  /** Of ranks that have a batch; there are as many classes in each. */
  private static long most(Distributed ranks, long classes) {
    long most = 0;
    for (double[] rank : ranks.gather((double) classes)) {
      most = Math.max(most, (long) rank[0]);
    }
    return most;
  }

  private interface Note {
    void done(String attack);
  }

  private void attack(Target target, Counts counts, long first, Note note) {
    Tensor wrong = target.broken(target.logits(target.none()));
    Tensor worst = wrong.clone();
    counts.samples += target.size();
    counts.right += target.size() - Target.count(wrong);
    for (Attack attack : counts.attacks) {
      Tensor broken = (protocol.cascade() ? worst : wrong).clone();
      Draws draws = Draws.perSample(seed, attack, first, target.size());
      Scope.withoutGradient(() -> run(attack, target.with(draws), broken));
      worst.logical_or_(broken);
      counts.add(attack.name(), target.size() - Target.count(broken));
      note.done(attack.name());
    }
    counts.heldAll += target.size() - Target.count(worst);
  }

  /** Attacks the samples that are not broken, and marks those that now are. */
  private static void run(Attack attack, Target target, Tensor broken) {
    Tensor open = broken.logical_not().nonzero().reshape(-1);
    if (open.numel() > 0) {
      broken.index_copy_(0, open, Findings.of(attack, target.select(open)).broken());
    }
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
    private final Map<String, String> skipped = new LinkedHashMap<>();
    private List<Attack> attacks;
    private long samples;
    private long right;
    private long heldAll;

    private Counts(List<Attack> attacks) {
      this.attacks = attacks;
    }

    /** Leaves out the attacks that need more classes, and says so. */
    private List<String> skipTooFewClasses(long classes) {
      for (Attack attack : attacks) {
        if (attack.leastClasses() > classes) {
          skipped.put(
              attack.name(),
              "needs " + attack.leastClasses() + " classes, and the model has " + classes);
        }
      }
      attacks = attacks.stream().filter(attack -> !skipped.containsKey(attack.name())).toList();
      List<String> sentences = new ArrayList<>();
      skipped.forEach((name, why) -> sentences.add(name + " was left out: it " + why));
      if (attacks.isEmpty()) {
        throw new IllegalArgumentException(
            "no attack of the protocol " + protocol.name() + " is left: " + skipped);
      }
      return sentences;
    }

    /** A sample is one rank's, so that what holds in each adds up. */
    private void overRanks(Distributed ranks) {
      double[] own = new double[attacks.size() + 3];
      own[0] = samples;
      own[1] = right;
      own[2] = heldAll;
      for (int a = 0; a < attacks.size(); a++) {
        own[a + 3] = held.getOrDefault(attacks.get(a).name(), 0L);
      }
      double[] all = ranks.sum(own);
      samples = (long) all[0];
      right = (long) all[1];
      heldAll = (long) all[2];
      for (int a = 0; a < attacks.size(); a++) {
        held.put(attacks.get(a).name(), (long) all[a + 3]);
      }
    }

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
          skipped,
          warnings);
    }

    /** What the attacks' results say about one another. */
    private List<String> compared() {
      return protocol.cascade() ? comparedInCascade() : comparedAlone();
    }

    /** In a cascade a black box should find nothing that the attacks before it left. */
    private List<String> comparedInCascade() {
      List<String> warnings = new ArrayList<>();
      long before = Long.MAX_VALUE;
      boolean afterGradients = false;
      for (Attack attack : attacks) {
        long own = held.get(attack.name());
        if (!attack.usesGradients() && afterGradients && before - own > MOST_FOUND * samples) {
          warnings.add(masked(attack, before - own));
        }
        afterGradients |= attack.usesGradients();
        before = own;
      }
      return warnings;
    }

    private List<String> comparedAlone() {
      List<String> warnings = new ArrayList<>();
      long best = Long.MAX_VALUE;
      long whiteBoxes = 0;
      for (Attack attack : attacks) {
        if (attack.usesGradients()) {
          best = Math.min(best, held.get(attack.name()));
          whiteBoxes++;
        }
      }
      for (Attack attack : attacks) {
        long own = held.get(attack.name());
        if (!attack.usesGradients() && whiteBoxes > 0 && own < best) {
          warnings.add(masked(attack, best - own));
        }
      }
      Long oneStep = held.get(new Fgsm().name());
      for (Attack attack : attacks) {
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

    private static String masked(Attack attack, long more) {
      return attack.name()
          + " breaks "
          + more
          + " samples more than the attacks that follow gradients: the gradients seem masked, so"
          + " only the worst case counts, and it may still be too high";
    }
  }
}
