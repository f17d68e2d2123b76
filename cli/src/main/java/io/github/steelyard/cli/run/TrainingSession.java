package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Interruption;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.TrainingProgress;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.util.Optional;

/** Runs a training before a person's eyes: with progress, and an orderly end at Ctrl-C. */
record TrainingSession(Training training, RunDirectory run, Output output) {

  /**
   * Trains to the end or until the person stops it.
   *
   * @param resume whether to continue from the newest checkpoint
   * @throws IOException if a checkpoint cannot be read
   */
  TrainingResult run(boolean resume) throws IOException {
    training.trainer().runDirectory(run);
    try (Progress progress = Progress.start(output.err(), training.totalSteps());
        Interruption interruption =
            new Interruption(output.err(), training.trainer()::requestStop)) {
      progress.task(training.recipe().name());
      training.trainer().callback("progress", new TrainingProgress(progress, 0));
      if (resume) {
        Optional<Long> step = training.trainer().resume();
        output.err().println(step.map(s -> "resuming after step " + s).orElse("starting anew"));
      }
      return training.trainer().run();
    }
  }

  /**
   * Like {@link #run}; a training that is finished already is not repeated, but its callbacks get
   * back what they saw.
   *
   * @param resume whether to continue from the newest checkpoint
   * @throws IOException if a checkpoint cannot be read
   */
  TrainingResult complete(boolean resume) throws IOException {
    Optional<TrainingResult> finished = resume ? RunResults.finished(run) : Optional.empty();
    if (finished.isEmpty()) {
      return run(resume);
    }
    training.trainer().runDirectory(run);
    training.trainer().resume();
    output.err().println("the training is finished already");
    return finished.get();
  }
}
