package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a learner keeps in a run's folder: itself after each step, and the step that is running. */
final class LearnerFolder {
  private static final String LEARNER = "learner";
  private static final String INSIDE = "checkpoints";

  private final RunDirectory directory;

  LearnerFolder(RunDirectory directory) {
    this.directory = directory;
  }

  private Path file() {
    return directory.checkpoints().resolve(LEARNER + ".safetensors");
  }

  private Path step(int number) {
    return directory.checkpoints().resolve("step-%03d".formatted(number));
  }

  /** A step's own folder while it is trained. */
  interface Step extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /** Lets a trainer save to its step's folder, and go on from what is there. */
  static Step open(Optional<LearnerFolder> folder, int number, Trainer trainer) throws IOException {
    if (folder.isEmpty()) {
      return () -> {};
    }
    Path path = folder.get().step(number);
    boolean begun = Files.isDirectory(path.resolve(INSIDE));
    RunDirectory own = begun ? RunDirectory.resume(path) : RunDirectory.create(path);
    try {
      trainer.runDirectory(own);
      if (begun) {
        trainer.resume();
      }
      return own::close;
    } catch (IOException | RuntimeException e) {
      own.close();
      throw e;
    }
  }

  /** Removes what a step that was not finished left. */
  void discard(int number) throws IOException {
    if (Files.isDirectory(step(number))) {
      RunDirectory.replace(step(number)).close();
    }
  }

  /** Saves the learner, then drops the checkpoints inside the step, which it makes superfluous. */
  void save(IncrementalLearner learner, Optional<Provenance> provenance) throws IOException {
    Scope.run(
        () -> {
          Checkpoint state =
              new Checkpoint(
                  Map.of(LEARNER, learner.state()),
                  provenance.map(StepResults::record).orElse(Map.of()));
          // Each rank chose exemplars and corrected the last layer by itself.
          state.requireSameInAllRanks("after step " + learner.classes().steps());
          state.write(file());
        });
    dropCheckpoints(learner.classes().steps());
  }

  private void dropCheckpoints(int number) throws IOException {
    Path inside = step(number).resolve(INSIDE);
    if (!Files.isDirectory(inside)) {
      return; // A network that was taken over was not trained here.
    }
    Distributed.current().lead(() -> removeCheckpoints(inside));
  }

  private static void removeCheckpoints(Path inside) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(inside, "*.safetensors")) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  /** Continues from the saved learner, if there is one; drops what a kill kept it from dropping. */
  void restore(IncrementalLearner learner) throws IOException {
    Distributed ranks = Distributed.current();
    if (!ranks.any(Files.exists(file()))) {
      return;
    }
    ranks.together(
        "read " + file().getFileName(),
        () -> Scope.run(() -> learner.restore(Checkpoint.read(file()).part(LEARNER))));
    if (directory.isLocked()) {
      dropCheckpoints(learner.classes().steps());
    }
  }
}
