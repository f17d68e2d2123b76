package io.github.steelyard.bench;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Precision;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;

/**
 * A training step of the trainer in float32 and with bfloat16 autocast. The two take turns, round
 * by round, on the same model and batches; the median of all steps counts, without the first of
 * each round.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.PrecisionSteps}
 */
public final class PrecisionSteps {
  private PrecisionSteps() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    Engine.start();
    System.out.println("| model, batch | float32, ms | bfloat16, ms | bfloat16 / float32 |");
    System.out.println("| --- | --- | --- | --- |");
    measure("resnet8", new long[] {128, 1, 28, 28}, 5, 8);
    measure("deit_tiny_patch16_224", new long[] {4, 3, 224, 224}, 5, 3);
  }

  private static void measure(String name, long[] shape, int rounds, int steps) {
    Module model =
        Models.create(
            name,
            ModelOptions.none()
                .with(o -> o.classes = 10)
                .with(o -> o.inputChannels = Math.toIntExact(shape[1])));
    long[] samples = shape.clone();
    samples[0] *= steps + 1;
    BatchSource batches =
        TensorBatches.ordered(
            torch.randn(samples),
            torch.randint(10, new long[] {samples[0]}),
            Math.toIntExact(shape[0]));
    Map<Precision, List<Double>> milliseconds = new EnumMap<>(Precision.class);
    for (int round = 0; round < rounds; round++) {
      for (Precision precision : Precision.values()) {
        milliseconds
            .computeIfAbsent(precision, p -> new ArrayList<>())
            .addAll(train(model, batches, precision));
      }
    }
    double single = median(milliseconds.get(Precision.FLOAT32));
    double half = median(milliseconds.get(Precision.BFLOAT16));
    System.out.printf(
        "| %s, %d | %.1f | %.1f | %.2f |%n", name, shape[0], single, half, half / single);
  }

  private static List<Double> train(Module model, BatchSource source, Precision precision) {
    Stopwatch stopwatch = new Stopwatch();
    new Trainer(
            model,
            Optimizers.create("adamw", ParameterGroup.of(model, 1e-4, 0.01), Map.of()),
            source,
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1).with(t -> t.precision = precision))
        .callback("stopwatch", stopwatch)
        .run();
    return stopwatch.milliseconds.subList(1, stopwatch.milliseconds.size());
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static final class Stopwatch implements Callback {
    private final List<Double> milliseconds = new ArrayList<>();
    private long begun;

    @Override
    public void beforeStep(TrainingContext context) {
      begun = System.nanoTime();
    }

    @Override
    public void afterStep(TrainingContext context) {
      milliseconds.add((System.nanoTime() - begun) / 1e6);
    }
  }
}
