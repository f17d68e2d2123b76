package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A run in progress: its epochs, checkpoints and result, and what its steps see of it. */
final class LoopRun implements SteppedRun, AutoCloseable {
  final TrainingRun run;
  final TrainingState state;
  final RunRecords records;
  final TrainingContext context;
  private final long started = System.nanoTime();
  private final double secondsBefore;
  private Optional<DataParallel> parallel = Optional.empty();

  LoopRun(TrainingRun run, TrainingState state) {
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
    parallel = DataParallel.of(this);
    records.open();
    if (!state.resumed) {
      Seeds.set(run.configuration.seed());
    }
    run.model.train();
    each(callback -> callback.beforeRun(context));
    parallel.ifPresent(DataParallel::agreeOnStop);
    requireSameState();
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

  boolean hasEpochLeft() {
    return state.epoch < run.configuration.epochs();
  }

  void beginEpoch() {
    if (state.batch == 0) {
      state.epochLossSum = 0;
      state.epochWeight = 0;
      state.epochSamples = 0;
      each(callback -> callback.beforeEpoch(context));
    }
  }

  void endEpoch() {
    if (state.batch < run.batchesPerEpoch || run.isStopRequested()) {
      save(false);
      return;
    }
    records.writeEpoch(seconds());
    each(callback -> callback.afterEpoch(context));
    int done = state.epoch + 1;
    boolean last = done == run.configuration.epochs();
    boolean improved = false;
    if (run.evaluator != null && (last || done % run.configuration.evaluateEvery() == 0)) {
      improved = evaluate();
    }
    state.epoch = done;
    state.batch = 0;
    boolean due = done % run.configuration.checkpointEveryEpochs() == 0;
    if (last || improved || isStopping() || due) {
      save(improved);
    }
  }

  /** Whether it is the best so far. */
  private boolean evaluate() {
    Map<String, Double> metrics =
        new LinkedHashMap<>(run.evaluator.evaluate(run.model, run.configuration.device()));
    if (run.average != null) {
      run.average
          .during(() -> run.evaluator.evaluate(run.model, run.configuration.device()))
          .forEach((name, value) -> metrics.put(TrainingContext.AVERAGE + name, value));
    }
    state.metrics = metrics;
    String monitor = run.configuration.monitor();
    boolean improved = state.takeIfBetter(monitor, context.isHigherBetter(monitor));
    records.write("evaluation", state.step, state.epoch, metrics);
    each(callback -> callback.onEvaluation(context, metrics));
    return improved;
  }

  TrainingResult end() {
    Outcome outcome = Outcome.COMPLETED;
    String reason = "all epochs are done";
    if (hasEpochLeft()) {
      String asked = context.stopReason();
      outcome = asked == null ? Outcome.INTERRUPTED : Outcome.STOPPED_EARLY;
      reason = asked == null ? "a stop was requested" : asked;
    }
    TrainingResult result =
        new TrainingResult(
            outcome,
            reason,
            state.step,
            state.epoch,
            state.loss,
            state.metrics,
            state.best,
            seconds());
    each(callback -> callback.afterRun(context, result));
    records.finish(result);
    return result;
  }

  @Override
  public Module model() {
    return run.model;
  }

  @Override
  public Optimizer optimizer() {
    return run.optimizer;
  }

  @Override
  public TrainingConfiguration configuration() {
    return run.configuration;
  }

  @Override
  public Map<String, Penalty> penalties() {
    return run.penalties;
  }

  @Override
  public long step() {
    return state.step;
  }

  @Override
  public void count(double lossSum, double weight, long samples) {
    state.epochLossSum += lossSum;
    state.epochWeight += weight;
    state.epochSamples += samples;
  }

  @Override
  public void tell(String penalty, double value) {
    state.penalties.put(penalty, value);
  }

  @Override
  public DivergenceException diverged(String what) {
    return records.diverged(state.step + 1, what);
  }

  @Override
  public boolean isStopAsked() {
    return run.isStopAsked();
  }

  @Override
  public void agreeOnStop(boolean stop) {
    run.agreeOnStop(stop);
  }

  @Override
  public void close() {
    parallel.ifPresent(DataParallel::close);
    records.close();
  }
}
