package io.github.steelyard.train;

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
  private final Trainer trainer;
  private final TrainingState state;
  private final Optional<RunDirectory> directory;
  private RunEvents events;

  RunRecords(Trainer trainer, TrainingState state) {
    this.trainer = trainer;
    this.state = state;
    this.directory = Optional.ofNullable(trainer.directory);
  }

  void open() {
    if (directory.isPresent()) {
      try {
        events = RunEvents.open(directory.get(), state.step);
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

  /** Saves a checkpoint, and a second one if it is the best so far. */
  Optional<Path> save(boolean best) {
    requireFiniteWeights();
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    CheckpointFolder folder = new CheckpointFolder(directory.get().checkpoints());
    try {
      events.sync();
      return Scope.compute(() -> Optional.of(write(folder, best)));
    } catch (IOException e) {
      throw stopped(e);
    }
  }

  private Path write(CheckpointFolder folder, boolean best) throws IOException {
    Checkpoint checkpoint = state.checkpoint();
    Path file = folder.save(checkpoint, state.step, trainer.configuration.keepCheckpoints());
    if (best) {
      checkpoint.write(folder.best());
    }
    return file;
  }

  private UncheckedIOException stopped(IOException cause) {
    return new UncheckedIOException(
        "training stopped after step "
            + state.step
            + " because its checkpoint cannot be saved: "
            + cause.getMessage()
            + "; earlier checkpoints are intact",
        cause);
  }

  private void requireFiniteWeights() {
    Scope.withoutGradient(
        () ->
            trainer
                .model
                .stateDict()
                .forEach(
                    (name, tensor) -> {
                      if (tensor.is_floating_point() && !torch.isfinite(tensor).all().item_bool()) {
                        throw trainer.diverged(
                            state.step, "'" + name + "' holds values that are not finite");
                      }
                    }));
  }

  /** Writes the results of a run that did not fail. */
  void finish(TrainingResult result) {
    if (directory.isEmpty()) {
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
    values.put("provenance", trainer.provenance);
    try {
      directory.get().writeResults(values);
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
