package io.github.steelyard.cli.section;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the weights as they were before the first of them was pruned; comes before the pruning.
 *
 * @param run the run's folder
 * @param begin the step before which they are pruned first
 */
record WeightsBefore(Path run, long begin) implements Callback {
  /** The file. */
  static Path file(Path run) {
    return run.resolve("checkpoints").resolve("before_pruning.safetensors");
  }

  static String name(String path) {
    return path.isEmpty() ? "weight" : path + ".weight";
  }

  @Override
  public void beforeStep(TrainingContext context) {
    if (context.step() == begin) {
      write(context.model());
    }
  }

  private void write(Module model) {
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> weights = new LinkedHashMap<>();
          LayerWeights.of(model)
              .forEach((path, weight) -> weights.put(name(path), weight.value().contiguous()));
          try {
            SafeTensors.write(file(run), weights, Map.of("format", "pt"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
