package io.github.steelyard.bench.campaign;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.WeightTracking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains on and on in one process, with a run folder, a log, weights that are tracked and
 * checkpoints; each case is an epoch of a run that was resumed. Memory, descriptors and threads are
 * measured after the first tenth and may not have grown at any later case.
 */
final class Soak implements Part {
  static final int STEPS = 500;
  private static final int BATCH = 64;
  private static final String KIND = "training steps in one process";

  private final Path folder;
  private final long seed;
  private final Leaks leaks = new Leaks(20);
  private final BatchSource noise;

  Soak(Path folder, long seed) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.seed = seed;
    long samples = (long) BATCH * STEPS;
    noise =
        TensorBatches.shuffled(
            torch.rand(samples, 1, 8, 8),
            torch.rand(samples).mul(new Scalar(10.0)).to(ScalarType.Long),
            BATCH,
            seed);
  }

  @Override
  public Verdict judge(long number) throws IOException {
    Path place = folder.resolve("run-" + number);
    Seeds.set(seed + number);
    Module model =
        Models.create(
            "mlp",
            ModelOptions.none().with(o -> o.hidden = List.of(32)).with(o -> o.imageSize = 8));
    try (RunDirectory run = RunDirectory.replace(place)) {
      new Trainer(
              model,
              new AdamW(ParameterGroup.of(model, 0.01, 0.05), AdamWConfiguration.defaults()),
              noise,
              new CrossEntropy(),
              TrainingConfiguration.ofEpochs(1).with(t -> t.checkpointEverySteps = 100))
          .callback("tracking", new WeightTracking(50))
          .runDirectory(run)
          .run();
    }
    Folders.delete(place);
    return leaks.judge(KIND, STEPS);
  }
}
