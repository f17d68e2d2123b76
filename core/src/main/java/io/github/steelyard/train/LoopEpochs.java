package io.github.steelyard.train;

import io.github.steelyard.train.TrainingResult.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/** The epochs of a loop, and what comes out after the last one. */
final class LoopEpochs {
  private final LoopWork work;
  private final TrainingRun run;
  private final TrainingState state;

  LoopEpochs(LoopWork work) {
    this.work = work;
    run = work.run;
    state = work.state;
  }

  boolean isOneLeft() {
    return state.epoch < run.configuration.epochs();
  }

  void begin() {
    if (state.batch == 0) {
      state.epochLossSum = 0;
      state.epochWeight = 0;
      state.epochSamples = 0;
      work.each(callback -> callback.beforeEpoch(work.context));
    }
  }

  void end() {
    if (state.batch < run.batchesPerEpoch || run.isStopRequested()) {
      work.save(false);
      return;
    }
    work.records.writeEpoch(work.seconds());
    work.each(callback -> callback.afterEpoch(work.context));
    int done = state.epoch + 1;
    boolean last = done == run.configuration.epochs();
    boolean improved = false;
    if (run.evaluator != null && (last || done % run.configuration.evaluateEvery() == 0)) {
      improved = evaluate();
    }
    state.epoch = done;
    state.batch = 0;
    boolean due = done % run.configuration.checkpointEveryEpochs() == 0;
    if (last || improved || work.isStopping() || due) {
      work.save(improved);
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
    boolean improved = state.takeIfBetter(monitor, work.context.isHigherBetter(monitor));
    work.records.write("evaluation", state.step, state.epoch, metrics);
    work.each(callback -> callback.onEvaluation(work.context, metrics));
    return improved;
  }

  TrainingResult result() {
    Outcome outcome = Outcome.COMPLETED;
    String reason = "all epochs are done";
    if (isOneLeft()) {
      String asked = work.context.stopReason();
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
            work.seconds());
    work.each(callback -> callback.afterRun(work.context, result));
    work.records.finish(result);
    return result;
  }
}
