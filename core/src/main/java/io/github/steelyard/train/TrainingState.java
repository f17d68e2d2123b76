package io.github.steelyard.train;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Stateful;
import io.github.steelyard.train.TrainingResult.Best;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The position of a run, and how all that takes part in it goes into a checkpoint and back. */
final class TrainingState {
  private static final String AVERAGE = "average";
  private static final String OPTIMIZER = "optimizer";

  /** The parts of every checkpoint, whose names are taken. */
  static final List<String> OWN_PARTS =
      List.of(Checkpoint.MODEL, OPTIMIZER, AVERAGE, Checkpoint.POSITION);

  private final TrainingRun run;
  boolean resumed;
  int epoch;
  int batch;
  long step;
  double loss = Double.NaN;
  double gradientNorm = Double.NaN;
  Map<String, Double> penalties = new LinkedHashMap<>();
  double epochLossSum;
  double epochWeight;
  long epochSamples;
  double seconds;
  Map<String, Double> metrics = new LinkedHashMap<>();
  Optional<Best> best = Optional.empty();
  Optional<RunEvents.Mark> log = Optional.empty();

  TrainingState(TrainingRun run) {
    this.run = run;
  }

  /** Compares the last evaluation with the best so far; one that is not a number never wins. */
  boolean takeIfBetter(String metric, boolean higherIsBetter) {
    double value = metrics.get(metric);
    boolean comparable = best.isPresent() && best.get().metric().equals(metric);
    boolean better =
        !comparable || (higherIsBetter ? value > best.get().value() : value < best.get().value());
    if (better && !Double.isNaN(value)) {
      best = Optional.of(new Best(metric, value, epoch + 1, step));
      return true;
    }
    return false;
  }

  Checkpoint checkpoint() {
    Map<String, State> saved = new LinkedHashMap<>();
    saved.put(Checkpoint.MODEL, new State(run.model.stateDict(), Map.of()));
    parts().forEach((name, part) -> saved.put(name, part.state()));
    saved.put(Checkpoint.POSITION, position());
    return new Checkpoint(saved, run.provenance);
  }

  /** The monitored metric decides which checkpoint is the best, and so whose weights count. */
  private boolean isAverageScored() {
    return run.average != null && run.configuration.monitor().startsWith(TrainingContext.AVERAGE);
  }

  private Map<String, Stateful> parts() {
    Map<String, Stateful> parts = new LinkedHashMap<>();
    parts.put(OPTIMIZER, run.optimizer);
    if (run.average != null) {
      parts.put(AVERAGE, run.average);
    }
    parts.putAll(run.parts);
    run.penalties.forEach(
        (name, penalty) -> {
          if (penalty instanceof Stateful stateful) {
            parts.put("penalty." + name, stateful);
          }
        });
    run.callbacks.forEach((name, callback) -> parts.put("callback." + name, callback));
    return parts;
  }

  private State position() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("step", step);
    values.put("epoch", epoch);
    values.put("batch", batch);
    values.put("batches_per_epoch", run.batchesPerEpoch);
    values.put("accumulation", run.configuration.accumulation());
    values.put("loss", loss);
    values.put("epoch_loss_sum", epochLossSum);
    values.put("epoch_weight", epochWeight);
    values.put("epoch_samples", epochSamples);
    values.put("seconds", seconds);
    values.put("metrics", metrics);
    values.put("penalties", penalties);
    values.put(Checkpoint.SCORED, isAverageScored() ? AVERAGE : Checkpoint.MODEL);
    best.ifPresent(b -> values.put("best", Json.values(b)));
    log.ifPresent(mark -> values.put("log", Json.values(mark)));
    return new State(Map.of(SavedPosition.GENERATOR, Seeds.generatorState()), values);
  }

  /** Takes over a whole checkpoint, or nothing of it. */
  void restore(Checkpoint checkpoint) {
    Scope.run(
        () -> {
          SavedPosition saved = SavedPosition.of(checkpoint.part(Checkpoint.POSITION));
          saved.requireFit(run.batchesPerEpoch, run.configuration.accumulation());
          Map<String, Stateful> parts = parts();
          requireSameParts(checkpoint, parts);
          Map<String, State> before = new LinkedHashMap<>();
          try {
            before.put(Checkpoint.MODEL, copy(new State(run.model.stateDict(), Map.of())));
            run.model.loadStateDict(checkpoint.part(Checkpoint.MODEL).tensors());
            parts.forEach(
                (name, part) -> {
                  State own = copy(part.state());
                  State given = checkpoint.parts().getOrDefault(name, State.empty());
                  restorePart(name, part, given);
                  before.put(name, own);
                });
          } catch (RuntimeException e) {
            undo(before, parts, e);
            throw e;
          }
          takeOver(
              saved, checkpoint.part(Checkpoint.POSITION).tensors().get(SavedPosition.GENERATOR));
        });
  }

  private static void requireSameParts(Checkpoint checkpoint, Map<String, Stateful> parts) {
    for (String name : List.of(Checkpoint.MODEL, Checkpoint.POSITION)) {
      checkpoint.part(name);
    }
    checkpoint
        .parts()
        .forEach(
            (name, state) -> {
              boolean known =
                  name.equals(Checkpoint.MODEL)
                      || name.equals(Checkpoint.POSITION)
                      || parts.containsKey(name);
              if (!known && !isEmpty(state)) {
                throw new IllegalArgumentException(
                    "the checkpoint holds the state of '"
                        + name
                        + "', which this run does not have; it has "
                        + parts.keySet());
              }
            });
    parts.forEach(
        (name, part) -> {
          if (!checkpoint.parts().containsKey(name) && !isEmpty(part.state())) {
            throw new IllegalArgumentException(
                "the checkpoint lacks the state of '"
                    + name
                    + "'; it has "
                    + checkpoint.parts().keySet());
          }
        });
  }

  private static boolean isEmpty(State state) {
    return state.tensors().isEmpty() && state.values().isEmpty();
  }

  private static State copy(State state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    Scope.computeWithoutGradient(
        () -> {
          state.tensors().forEach((name, tensor) -> copies.put(name, tensor.detach().clone()));
          return List.copyOf(copies.values());
        });
    return new State(copies, state.values());
  }

  private static void restorePart(String name, Stateful part, State state) {
    try {
      part.restore(state);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the checkpoint does not fit the run's " + name + ": " + e.getMessage(), e);
    }
  }

  private void undo(
      Map<String, State> before, Map<String, Stateful> parts, RuntimeException cause) {
    before.forEach(
        (name, state) -> {
          try {
            if (name.equals(Checkpoint.MODEL)) {
              run.model.loadStateDict(state.tensors());
            } else {
              parts.get(name).restore(state);
            }
          } catch (RuntimeException e) {
            cause.addSuppressed(e);
          }
        });
  }

  private void takeOver(SavedPosition saved, Tensor generator) {
    resumed = true;
    step = saved.step();
    epoch = saved.epoch();
    batch = saved.batch();
    loss = saved.loss();
    epochLossSum = saved.epochLossSum();
    epochWeight = saved.epochWeight();
    epochSamples = saved.epochSamples();
    seconds = saved.seconds();
    metrics = new LinkedHashMap<>(saved.metrics());
    penalties = new LinkedHashMap<>(saved.penalties());
    best = saved.best();
    log = saved.log();
    // Generators of other devices are not saved; they go on with a seed of their own.
    Seeds.set(Seeds.derive(run.configuration.seed(), step));
    Seeds.restoreGenerator(generator);
  }
}
