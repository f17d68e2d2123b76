package io.github.steelyard.train;

import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What a run leaves in its directory; without one, nothing. */
final class RunRecords implements RunLog, AutoCloseable {
  private final TrainingRun run;
  private final TrainingState state;
  private RunEvents events;

  RunRecords(TrainingRun run, TrainingState state) {
    this.run = run;
    this.state = state;
  }

  void open() {
    if (run.directory != null) {
      try {
        Distributed.current()
            .lead(() -> events = RunEvents.open(run.directory, state.step, state.log));
      } catch (IOException e) {
        throw new UncheckedIOException("the run cannot start: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void write(String event, long step, int epoch, Map<String, ?> values) {
    if (events != null) {
      events.write(event, step, epoch, values);
    }
  }

  @Override
  public void histogram(String tag, long step, Tensor values) {
    if (events != null) {
      events.histogram(tag, step, values);
    }
  }

  void writeStep(Map<String, Double> learningRates, double seconds) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("loss", state.loss);
    state.penalties.forEach((name, value) -> values.put("penalty." + name, value));
    values.put("gradient_norm", state.gradientNorm);
    values.put("learning_rate", learningRates);
    values.put("seconds", seconds);
    write("step", state.step, state.epoch, values);
  }

  void writeEpoch(double seconds) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("loss", state.epochLossSum / state.epochWeight);
    state.penalties.forEach((name, value) -> values.put("penalty." + name, value));
    values.put("samples", state.epochSamples);
    values.put("seconds", seconds);
    write("epoch", state.step, state.epoch, values);
  }

  /** Training cannot go on from here; the message says what is left and what may help. */
  DivergenceException diverged(long step, String what) {
    return new DivergenceException(
        step,
        "training diverged at step "
            + step
            + ": "
            + what
            + "; learning rate "
            + run.optimizer.groups().get(0).learningRate()
            + (Double.isNaN(state.loss)
                ? ", no finite loss before"
                : ", last finite loss " + state.loss)
            + "; "
            + kept()
            + ". Try a lower learning rate, a warm-up or gradient clipping");
  }

  /** What is left of a run that ends early, in words. */
  private String kept() {
    if (run.directory == null) {
      return "there is no run directory, so no checkpoint";
    }
    try {
      return run.directory
          .newestCheckpoint()
          .map(newest -> "the newest checkpoint, " + newest + ", is from before and intact")
          .orElse("there is no checkpoint from before, so that a resumed run begins anew");
    } catch (IOException e) {
      return run.directory.checkpoints() + " cannot be read: " + e.getMessage();
    }
  }

  /** Saves a checkpoint, and a second one if it is the best so far. */
  Optional<Path> save(boolean best) {
    requireFiniteWeights();
    if (run.directory == null) {
      return Optional.empty();
    }
    CheckpointFolder folder = new CheckpointFolder(run.directory.checkpoints());
    try {
      Distributed.current()
          .lead(
              () -> {
                events.sync();
                Scope.run(() -> write(folder, best));
              });
      return Optional.of(folder.file(state.step));
    } catch (IOException e) {
      throw stopped(e);
    }
  }

  /** The state now, with how much of the log it has behind it. */
  Checkpoint checkpoint() {
    state.log = Optional.ofNullable(events).map(RunEvents::mark);
    return state.checkpoint();
  }

  private void write(CheckpointFolder folder, boolean best) throws IOException {
    Checkpoint checkpoint = checkpoint();
    if (best) { // First: the newest checkpoint says which is the best, and must not be wrong.
      checkpoint.write(folder.best());
    }
    folder.save(checkpoint, state.step, run.configuration.keepCheckpoints());
  }

  private UncheckedIOException stopped(IOException cause) {
    return new UncheckedIOException(
        "training stopped after step "
            + state.step
            + " because its checkpoint cannot be saved: "
            + cause.getMessage()
            + "; "
            + kept(),
        cause);
  }

  void requireFiniteWeights() {
    Scope.withoutGradient(
        () ->
            run.model
                .stateDict()
                .forEach(
                    (name, tensor) -> {
                      if (tensor.is_floating_point() && !torch.isfinite(tensor).all().item_bool()) {
                        throw diverged(
                            state.step, "'" + name + "' holds values that are not finite");
                      }
                    }));
  }

  /** Writes the results of a run that did not fail. */
  void finish(TrainingResult result) {
    if (run.directory == null) {
      return;
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("outcome", result.outcome().name());
    values.put("reason", result.reason());
    values.put("steps", result.steps());
    values.put("epochs", result.epochs());
    values.put("loss", result.loss());
    values.put("metrics", result.metrics());
    values.put("best", result.best().map(Json::values).orElse(null));
    values.put("seconds", result.seconds());
    values.put("provenance", run.provenance);
    try {
      Distributed.current()
          .lead(
              () -> {
                events.sync(); // so that all ranks read a whole log from now on
                run.directory.writeResults(values);
              });
    } catch (IOException e) {
      throw new UncheckedIOException("the results cannot be written: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    if (events != null) {
      try {
        events.close();
      } catch (IOException e) {
        throw new UncheckedIOException("the log cannot be closed: " + e.getMessage(), e);
      }
    }
  }
}
