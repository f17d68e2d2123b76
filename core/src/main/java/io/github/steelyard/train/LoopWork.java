package io.github.steelyard.train;

import io.github.steelyard.runtime.Seeds;
import java.util.Optional;
import java.util.function.Consumer;

/** What the steps and the epochs of a loop work on, and what both do: callbacks and checkpoints. */
final class LoopWork implements AutoCloseable {
  final TrainingRun run;
  final TrainingState state;
  final RunRecords records;
  final TrainingContext context;
  private final long started = System.nanoTime();
  private final double secondsBefore;
  private Optional<DataParallel> parallel = Optional.empty();

  LoopWork(TrainingRun run, TrainingState state) {
    this.run = run;
    this.state = state;
    secondsBefore = state.seconds;
    records = new RunRecords(run, state);
    context = new TrainingContext(run, state, records);
  }

  void begin() {
    if (run.evaluator != null) {
      context.isHigherBetter(run.configuration.monitor());
    }
    parallel = DataParallel.of(stepped());
    records.open();
    if (!state.resumed) {
      Seeds.set(run.configuration.seed());
    }
    run.model.train();
    each(callback -> callback.beforeRun(context));
    parallel.ifPresent(DataParallel::agreeOnStop);
    requireSameState();
  }

  /** The run as the gradients of its steps see it. */
  SteppedRun stepped() {
    return new LoopRun(run, records, state);
  }

  /** Empty for a run of one process that does what it always did. */
  Optional<DataParallel> parallel() {
    return parallel;
  }

  void each(Consumer<Callback> hook) {
    run.callbacks.values().forEach(hook);
  }

  boolean isStopping() {
    return run.isStopRequested() || context.stopReason() != null;
  }

  double seconds() {
    return secondsBefore + (System.nanoTime() - started) / 1e9;
  }

  /** Before anything is written that ranks with different states would have made. */
  void requireSameState() {
    parallel.ifPresent(ranks -> ranks.check(state.checkpoint(), state.step));
  }

  Checkpoint checkpoint() {
    state.seconds = seconds();
    records.requireFiniteWeights();
    return records.checkpoint();
  }

  void save(boolean best) {
    state.seconds = seconds();
    requireSameState();
    records.save(best).ifPresent(file -> each(callback -> callback.onCheckpoint(context, file)));
  }

  @Override
  public void close() {
    parallel.ifPresent(DataParallel::close);
    records.close();
  }
}
