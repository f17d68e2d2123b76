package io.github.steelyard.bench;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.GradientReducer.Compression;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.DataParallelConfiguration;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingLoop;
import io.github.steelyard.train.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch;

/**
 * A step of training (AdamW, global batch of 128 images of 28 x 28) with 1, 2 and 4 ranks on this
 * machine, beside as many processes that compute the same parts and know nothing of one another:
 * the difference is what working together costs. Also what goes over the loopback, beside the bound
 * of 2 (W - 1) / W times the gradients that each of W ranks must send.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.RankSteps [MODEL]}. Nothing
 * else may use the loopback meanwhile.
 */
public final class RankSteps {
  private static final int BATCH = 128;
  private static final int WARM_UP = 8;
  private static final int STEPS = 32;
  private static final String ALONE = "alone";

  private RankSteps() {}

  /** What a process is to do. */
  private enum Mode {
    /** As if it were the only one. */
    ALONE,
    /** With the reducer. */
    RANKS,
    /** With half the bytes. */
    FLOAT16,
    /** As a tree of 8 shards. */
    DETERMINISTIC;

    private DataParallelConfiguration configuration() {
      return switch (this) {
        case ALONE, RANKS -> DataParallelConfiguration.defaults();
        case FLOAT16 -> new DataParallelConfiguration(false, 8, Compression.FLOAT16, 25, 1000);
        case DETERMINISTIC -> DataParallelConfiguration.deterministic(8);
      };
    }
  }

  /**
   * Measures and prints a table for each model.
   *
   * @param arguments names of models; or, in a measuring process, a model, a mode and a batch
   * @throws IOException if a process cannot be started or fails
   * @throws InterruptedException if interrupted while waiting
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 3) {
      measure(arguments[0], Mode.valueOf(arguments[1]), Integer.parseInt(arguments[2]));
      return;
    }
    List<String> models =
        arguments.length == 0 ? List.of("resnet8", "vit_mini_patch7_28") : List.of(arguments);
    for (String model : models) {
      System.out.println(
          "\n| " + model + " | threads of each | step, ms | quartiles | kB sent by each | bound |");
      System.out.println("| --- | --- | --- | --- | --- | --- |");
      print("one process", model, Mode.ALONE, 1, 2, BATCH);
      print("one process, deterministic", model, Mode.DETERMINISTIC, 1, 2, BATCH);
      for (int size : new int[] {2, 4}) {
        print(size + " processes, " + ALONE, model, Mode.ALONE, size, 1, BATCH / size);
        print(size + " ranks", model, Mode.RANKS, size, 1, BATCH);
        print(size + " ranks, float16", model, Mode.FLOAT16, size, 1, BATCH);
        print(size + " ranks, deterministic", model, Mode.DETERMINISTIC, size, 1, BATCH);
      }
    }
  }

  private static void print(String name, String model, Mode mode, int size, int threads, int batch)
      throws IOException, InterruptedException {
    boolean together = size > 1 && mode != Mode.ALONE;
    RankProcesses processes =
        together ? RankProcesses.together(size, threads) : RankProcesses.alone(size, threads);
    String said = processes.run(RankSteps.class, model, mode.name(), String.valueOf(batch));
    double[] numbers = Arrays.stream(said.split(" ", -1)).mapToDouble(Double::valueOf).toArray();
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.1f | %.1f to %.1f | %s | %s |%n",
        name,
        threads,
        numbers[1],
        numbers[0],
        numbers[2],
        together ? String.format(Locale.ROOT, "%.0f", numbers[3] / size / 1e3) : "-",
        together
            ? String.format(
                Locale.ROOT,
                "%.0f",
                2.0 * (size - 1) / size * (mode == Mode.FLOAT16 ? 2 : 4) * numbers[4] / 1e3)
            : "-");
  }

  /** Prints quartiles of a step's milliseconds, bytes over the loopback in a step, parameters. */
  private static void measure(String name, Mode mode, int batch) throws IOException {
    try (Distributed ranks = Distributed.fromEnvironment()) {
      Seeds.set(0);
      Module model = Models.create(name, ModelOptions.none());
      AdamW optimizer =
          new AdamW(ParameterGroup.of(model, 1e-4, 0.01), AdamWConfiguration.defaults());
      int steps = WARM_UP + STEPS;
      TensorBatches batches =
          TensorBatches.ordered(
              torch.randn((long) steps * batch, 1, 28, 28),
              torch.randint(10, new long[] {(long) steps * batch}),
              batch);
      CrossEntropy loss = new CrossEntropy();
      TrainingRun run =
          new TrainingRun(
              model,
              optimizer,
              steps,
              TrainingConfiguration.ofEpochs(1).with(t -> t.parallel = mode.configuration()));
      double[] times = new double[STEPS];
      long bytes = 0;
      try (TrainingLoop loop = run.begin();
          BatchStream stream = batches.epoch(0, 0)) {
        loop.beforeEpoch();
        for (int step = -WARM_UP; step < STEPS; step++) {
          if (step == 0) {
            ranks.barrier();
            bytes = -loopbackBytes();
          }
          long start = System.nanoTime();
          Scope.run(
              () -> {
                Batch next = stream.next();
                loop.beforeStep();
                loop.backward(loss, next);
                if (loop.afterBackward()) {
                  optimizer.step();
                }
                loop.afterStep();
              });
          if (step >= 0) {
            times[step] = (System.nanoTime() - start) / 1e6;
          }
        }
        bytes += loopbackBytes();
        loop.afterEpoch();
      }
      if (ranks.isLeader()) {
        Arrays.sort(times);
        long parameters =
            model.namedParameters().values().stream().mapToLong(p -> p.tensor().numel()).sum();
        System.out.println(
            times[STEPS / 4]
                + " "
                + times[STEPS / 2]
                + " "
                + times[3 * STEPS / 4]
                + " "
                + (double) bytes / STEPS
                + " "
                + parameters);
      }
    }
  }

  /** What was received over the loopback since the machine started; 0 where Linux does not say. */
  private static long loopbackBytes() throws IOException {
    Path counters = Path.of("/proc/net/dev");
    if (!Files.exists(counters)) {
      return 0;
    }
    for (String line : Files.readAllLines(counters)) {
      String[] words = line.strip().split("[:\\s]+", -1);
      if (words[0].equals("lo")) {
        return Long.parseLong(words[1]);
      }
    }
    return 0;
  }
}
