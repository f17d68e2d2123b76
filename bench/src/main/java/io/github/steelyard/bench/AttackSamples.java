package io.github.steelyard.bench;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.robust.InputDomain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the test images that {@code steelyard attack --samples N} attacks, for the reference
 * implementation: {@code bench/peers/attacks_check.py}.
 */
public final class AttackSamples {
  private AttackSamples() {}

  /**
   * Writes grey levels from 0 to 1, labels, mean and deviation.
   *
   * @param arguments how many samples, and the safetensors file to write
   * @throws IOException if the file cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    int samples = Integer.parseInt(arguments[0]);
    DatasetSource source = Datasets.get("fashion-mnist");
    DataLoader loader =
        new DataLoader(
            Subset.stratified(source.open(Split.TEST), samples, 0),
            source.evaluationPreprocessing(),
            LoaderConfiguration.evaluation(samples));
    InputDomain domain = InputDomain.of(source.evaluationPreprocessing().normalization());
    try (BatchStream stream = loader.epoch(0, 0)) {
      Batch batch = stream.next();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", domain.seen(batch.inputs()));
      tensors.put("labels", batch.targets());
      Map<String, String> normalization =
          Map.of(
              "mean", domain.mean().toString().replaceAll("[\\[\\]]", ""),
              "deviation", domain.deviation().toString().replaceAll("[\\[\\]]", ""));
      SafeTensors.write(Path.of(arguments[1]), tensors, normalization);
    }
  }
}
