package io.github.steelyard.train;

import io.github.steelyard.data.BatchStream;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/** One run of a trainer: epochs, evaluations, checkpoints and the end. */
final class TrainingLoop {
  private final Trainer trainer;
  private final TrainingConfiguration configuration;
  private final TrainingState state;
  private final int batchesPerEpoch;
  private final long started = System.nanoTime();
  private final double secondsBefore;
  private final RunRecords records;
  private final TrainingContext context;
  private final TrainingStep step;

  TrainingLoop(Trainer trainer, TrainingState state) {
    this.trainer = trainer;
    this.configuration = trainer.configuration;
    this.state = state;
    batchesPerEpoch = trainer.source.batchesPerEpoch();
    secondsBefore = state.seconds;
    records = new RunRecords(trainer, state);
    context = new TrainingContext(trainer, state, records);
    step = new TrainingStep(trainer, state, context);
  }

  TrainingResult run() {
    if (trainer.evaluator != null) {
      context.isHigherBetter(configuration.monitor());
    }
    try (records) {
      records.open();
      if (!state.resumed) {
        Seeds.set(configuration.seed());
      }
      trainer.model.train();
      trainer.callbacks.values().forEach(callback -> callback.beforeRun(context));
      while (state.epoch < configuration.epochs() && !isStopping()) {
        epoch();
      }
      TrainingResult result = result();
      trainer.callbacks.values().forEach(callback -> callback.afterRun(context, result));
      records.finish(result);
      return result;
    }
  }

  private boolean isStopping() {
    return trainer.stopRequested || context.stopReason() != null;
  }

  private void epoch() {
    if (state.batch == 0) {
      state.epochLossSum = 0;
      state.epochSamples = 0;
      trainer.callbacks.values().forEach(callback -> callback.beforeEpoch(context));
    }
    if (state.batch < batchesPerEpoch) {
      try (BatchStream stream = trainer.source.epoch(state.epoch, state.batch)) {
        do { // A stop takes effect after a step, never between an epoch's start and its first.
          step.run(stream);
          afterStep();
        } while (state.batch < batchesPerEpoch && !isStopping());
      }
    }
    if (state.batch == batchesPerEpoch && !trainer.stopRequested) {
      endOfEpoch();
    } else {
      save(false);
    }
  }

  private void afterStep() {
    if (state.step % configuration.logEvery() == 0) {
      records.write("step", state.step, state.epoch, stepValues());
    }
    int every = configuration.checkpointEverySteps();
    boolean due = every > 0 && state.step % every == 0;
    if (due && state.batch < batchesPerEpoch && !isStopping()) {
      save(false);
    }
  }

  private Map<String, Object> stepValues() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("loss", state.loss);
    state.penalties.forEach((name, value) -> values.put("penalty." + name, value));
    values.put("gradient_norm", state.gradientNorm);
    values.put("learning_rate", context.learningRates());
    values.put("seconds", seconds());
    return values;
  }

  private void endOfEpoch() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("loss", state.epochLossSum / state.epochSamples);
    values.put("samples", state.epochSamples);
    values.put("seconds", seconds());
    records.write("epoch", state.step, state.epoch, values);
    trainer.callbacks.values().forEach(callback -> callback.afterEpoch(context));
    int done = state.epoch + 1;
    boolean last = done == configuration.epochs();
    boolean improved = false;
    if (trainer.evaluator != null && (last || done % configuration.evaluateEvery() == 0)) {
      improved = evaluate();
    }
    state.epoch = done;
    state.batch = 0;
    if (last || improved || isStopping() || done % configuration.checkpointEveryEpochs() == 0) {
      save(improved);
    }
  }

  private boolean evaluate() {
    Map<String, Double> metrics =
        new LinkedHashMap<>(trainer.evaluator.evaluate(trainer.model, configuration.device()));
    if (trainer.average != null) {
      trainer
          .average
          .during(() -> trainer.evaluator.evaluate(trainer.model, configuration.device()))
          .forEach((name, value) -> metrics.put(TrainingContext.AVERAGE + name, value));
    }
    state.metrics = metrics;
    String monitor = configuration.monitor();
    boolean improved = state.takeIfBetter(monitor, context.isHigherBetter(monitor));
    records.write("evaluation", state.step, state.epoch, metrics);
    trainer.callbacks.values().forEach(callback -> callback.onEvaluation(context, metrics));
    return improved;
  }

  private void save(boolean best) {
    state.seconds = seconds();
    records
        .save(best)
        .ifPresent(
            file ->
                trainer
                    .callbacks
                    .values()
                    .forEach(callback -> callback.onCheckpoint(context, file)));
  }

  private double seconds() {
    return secondsBefore + (System.nanoTime() - started) / 1e9;
  }

  private TrainingResult result() {
    Outcome outcome = Outcome.COMPLETED;
    String reason = "all epochs are done";
    if (state.epoch < configuration.epochs()) {
      outcome = context.stopReason() != null ? Outcome.STOPPED_EARLY : Outcome.INTERRUPTED;
      reason = context.stopReason() != null ? context.stopReason() : "a stop was requested";
    }
    return new TrainingResult(
        outcome, reason, state.step, state.epoch, state.loss, state.metrics, state.best, seconds());
  }
}
