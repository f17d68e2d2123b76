package io.github.steelyard.train;

import io.github.steelyard.optim.Schedules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Trains in a process of its own, resuming where an earlier one was killed. */
final class KilledTraining {
  private KilledTraining() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    TinyRun.Net model = TinyRun.net();
    WeightAverage average = new WeightAverage(model, 0.9, true);
    boolean resumed = Files.exists(folder.resolve("metrics.jsonl"));
    try (RunDirectory run = resumed ? RunDirectory.resume(folder) : open(folder)) {
      Trainer trainer = trainer(model, average, run);
      if (resumed) {
        trainer.resume();
      }
      trainer.run();
    }
    System.out.println(bits(model, average));
  }

  /** A process that was killed before its first line leaves a folder that holds no log yet. */
  private static RunDirectory open(Path folder) throws Exception {
    return RunDirectory.replace(folder);
  }

  static Trainer trainer(TinyRun.Net model, WeightAverage average, RunDirectory run) {
    TrainingConfiguration configuration =
        TrainingConfiguration.ofEpochs(40)
            .with(t -> t.seed = 3)
            .with(t -> t.accumulation = 2)
            .with(t -> t.checkpointEverySteps = 3)
            .with(t -> t.keepCheckpoints = 2);
    return new Trainer(
            model, TinyRun.adamW(model), TinyRun.clouds(), new CrossEntropy(), configuration)
        .schedule(Schedules.cosine(200, 0))
        .evaluate(TinyRun.clouds(2, 16, 8), new Accuracy())
        .average(average)
        .callback("tracking", new WeightTracking(5))
        .runDirectory(run);
  }

  static String bits(TinyRun.Net model, WeightAverage average) {
    return Map.of("model", TinyRun.bits(model.stateDict())) + "" + TinyRun.bits(average.weights());
  }
}
