package io.github.steelyard.train;

/** The steps of a loop. */
final class LoopSteps {
  private final LoopRun loop;
  private final TrainingRun run;
  private final TrainingState state;
  private StepGradients gradients;
  private boolean vetoed;

  LoopSteps(LoopRun loop) {
    this.loop = loop;
    run = loop.run;
    state = loop.state;
  }

  int batches() {
    return Math.min(run.configuration.accumulation(), run.batchesPerEpoch - state.batch);
  }

  void begin() {
    if (run.schedule != null) {
      run.schedule.apply(run.optimizer.groups(), state.step);
    }
    loop.each(callback -> callback.beforeStep(loop.context));
    gradients = StepGradients.of(loop, batches(), loop.parallel());
    run.optimizer.zeroGrad();
  }

  /** The gradients of the step, to which a batch is added now. */
  StepGradients adding(long samples) {
    if (samples < 1) {
      throw new IllegalArgumentException("a batch must have at least 1 sample, but has " + samples);
    }
    if (gradients.isComplete()) {
      throw new IllegalStateException(
          "the step has had backward for its " + gradients.batches() + " batches already");
    }
    return gradients;
  }

  void requireComplete() {
    if (!gradients.isComplete()) {
      throw new IllegalStateException(
          "the step needs backward for each of its " + gradients.batches() + " batches");
    }
  }

  /** Whether the optimizer is to make its step. */
  boolean afterBackward() {
    state.gradientNorm = gradients.clippedNorm();
    state.loss = gradients.loss();
    loop.each(callback -> callback.afterBackward(loop.context));
    vetoed = loop.context.takeSkipStep();
    return !vetoed;
  }

  void end() {
    run.optimizer.zeroGrad();
    state.step++;
    state.batch += gradients.batches();
    if (!vetoed) {
      loop.each(callback -> callback.afterStep(loop.context));
      if (run.average != null) {
        run.average.update();
      }
    }
    if (state.step % run.configuration.logEvery() == 0) {
      loop.records.writeStep(loop.context.learningRates(), loop.seconds());
    }
    if (loop.parallel().filter(ranks -> ranks.isCheckDue(state.step)).isPresent()) {
      loop.requireSameState();
    }
    int every = run.configuration.checkpointEverySteps();
    boolean due = every > 0 && state.step % every == 0;
    if (due && state.batch < run.batchesPerEpoch && !loop.isStopping()) {
      loop.save(false);
    }
  }
}
