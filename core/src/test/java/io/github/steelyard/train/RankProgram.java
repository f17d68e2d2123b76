package io.github.steelyard.train;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.SynchronizeBatchNorm;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.GradientReducer.Compression;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What the ranks of tests run: a small training; prints its steps, the weights' sum of squares, a
 * checksum and metrics.
 */
public final class RankProgram {
  private RankProgram() {}

  /**
   * Words: a model, then {@code accumulate}, {@code deterministic}, {@code differ}, {@code
   * endless}, a folder.
   */
  public static void main(String[] arguments) throws Exception {
    System.out.println(train(arguments));
  }

  /** The same in this process, of which the environment says that it is alone. */
  static String train(String... arguments) throws Exception {
    List<String> words = Arrays.asList(arguments);
    try (Distributed ranks = Distributed.fromEnvironment()) {
      Trainer trainer = trainer(words, ranks);
      if (words.contains("folder")) {
        Path folder = Path.of(words.get(words.indexOf("folder") + 1));
        try (RunDirectory directory =
            words.contains("resume") ? RunDirectory.resume(folder) : RunDirectory.create(folder)) {
          trainer.runDirectory(directory);
          trainer.resume();
          return line(trainer.run());
        }
      }
      return line(trainer.run());
    }
  }

  private static Module model;

  private static Trainer trainer(List<String> words, Distributed ranks) {
    Seeds.set(0);
    model = Models.create(words.get(0), ModelOptions.none());
    if (words.contains("synchronized")) {
      new SynchronizeBatchNorm().apply(model);
    }
    if (words.contains("differ") && ranks.rank() == 1) {
      Scope.withoutGradient(
          () -> model.namedParameters().get("conv1.weight").tensor().add_(new Scalar(1.0)));
    }
    Tensor inputs = torch.randn(44, 1, 28, 28);
    Tensor targets = torch.randint(10, new long[] {44});
    TrainingConfiguration configuration =
        TrainingConfiguration.ofEpochs(words.contains("endless") ? 1_000_000 : 2)
            .with(
                t -> {
                  t.accumulation = words.contains("accumulate") ? 2 : 1;
                  t.checkpointEverySteps = 1;
                  if (words.contains("float16")) {
                    t.parallel = new DataParallelConfiguration(false, 1, Compression.FLOAT16, 1, 1);
                  }
                  if (words.contains("deterministic")) {
                    t.parallel = DataParallelConfiguration.deterministic(4);
                  }
                });
    AdamW optimizer =
        new AdamW(ParameterGroup.of(model, 1e-3, 0.01), AdamWConfiguration.defaults());
    Trainer trainer =
        new Trainer(
                model,
                optimizer,
                TensorBatches.shuffled(inputs, targets, 16, 1),
                new CrossEntropy(),
                configuration)
            .average(new WeightAverage(model, 0.9, true))
            .evaluate(
                TensorBatches.ordered(inputs, targets, 7), new Accuracy(), new ConfusionMatrix());
    if (words.contains("endless")) {
      trainer.callback(
          "told",
          new Callback() {
            @Override
            public void beforeRun(TrainingContext context) {
              System.out.println("the first step begins");
            }
          });
    }
    if (words.contains("stop")) {
      trainer.callback(
          "stop",
          new Callback() {
            @Override
            public void afterStep(TrainingContext context) {
              if (context.step() == 2 && ranks.rank() == ranks.size() - 1) {
                trainer.requestStop();
              }
            }
          });
    }
    return trainer;
  }

  private static String line(TrainingResult result) {
    double squares = 0;
    for (Tensor tensor : model.stateDict().values()) {
      squares += tensor.detach().to(torch.ScalarType.Double).square().sum().item_double();
    }
    return result.steps()
        + " "
        + squares
        + " "
        + TensorChecksum.of(model.stateDict())
        + " "
        + result.metrics();
  }
}
