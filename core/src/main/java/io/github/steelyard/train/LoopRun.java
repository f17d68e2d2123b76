package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import java.util.Map;

/** A training loop's run, as the gradients of its steps see it. */
record LoopRun(TrainingRun run, RunRecords records, TrainingState state) implements SteppedRun {
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
}
