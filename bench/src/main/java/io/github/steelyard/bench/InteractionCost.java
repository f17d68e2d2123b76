package io.github.steelyard.bench;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import io.github.steelyard.interaction.AnalysisListener;
import io.github.steelyard.interaction.BiasFolding;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.interaction.SegmentsConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the local interaction basis and its edges cost: a perceptron with 4 hidden layers on
 * Fashion-MNIST, stage by stage, against its width and the number of data points, with
 * vector-Jacobian products and without. Each measurement is a process of its own, so that its peak
 * memory is its own too; its Java heap has a fixed size, so that only native memory differs. What
 * the threshold drops costs nothing later, so the number of basis vectors stands beside.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.InteractionCost [widths]
 * [data] [thresholds]}.
 */
public final class InteractionCost {
  private static final String PRODUCTS = "vector-Jacobian products";
  private static final String CLOSED = "closed form";
  private static final List<String> STAGES =
      List.of("Gram matrices", "M'", "edges", "eigenvectors");
  private static final int BATCH = 250;
  private static final double AUTHORS = InteractionConfiguration.DEFAULT_THRESHOLD;

  private InteractionCost() {}

  /**
   * Measures and prints tables.
   *
   * @param arguments some of {@code widths}, {@code data} and {@code thresholds}; all if there are
   *     none. {@code child} and its settings inside a child process
   * @throws IOException if a child process cannot be started
   * @throws InterruptedException if the program is interrupted
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> what =
        arguments.length == 0 ? List.of("widths", "data", "thresholds") : List.of(arguments);
    if (what.get(0).equals("child")) {
      System.out.println(
          measure(
              Integer.parseInt(what.get(1)),
              Integer.parseInt(what.get(2)),
              Double.parseDouble(what.get(3)),
              what.get(4)));
      return;
    }
    System.out.println("threads: " + Engine.settings().threads());
    if (what.contains("widths")) {
      heading();
      for (int width : new int[] {64, 128, 256, 512}) {
        row(width, 1_000, AUTHORS, PRODUCTS);
        row(width, 1_000, AUTHORS, CLOSED);
      }
    }
    if (what.contains("data")) {
      heading();
      for (int points : new int[] {1_000, 10_000}) {
        row(512, points, AUTHORS, PRODUCTS);
      }
      for (int points : new int[] {1_000, 2_500, 5_000, 10_000}) {
        row(512, points, AUTHORS, CLOSED);
      }
    }
    if (what.contains("thresholds")) {
      heading();
      for (double threshold : new double[] {1e-5, 1e-8, 1e-11}) {
        row(512, 1_000, threshold, PRODUCTS);
        row(512, 1_000, threshold, CLOSED);
      }
      row(512, 10_000, 1e-11, CLOSED);
    }
  }

  private static void heading() {
    System.out.println(
        "\n| width | points | threshold | path | "
            + String.join(", s | ", STAGES)
            + ", s | whole, s | peak memory, MB | basis vectors |\n"
            + "| --- ".repeat(STAGES.size() + 7)
            + "|");
  }

  private static void row(int width, int points, double threshold, String path)
      throws IOException, InterruptedException {
    String line =
        ChildProcess.run(
            List.of("-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"),
            InteractionCost.class,
            "child",
            Integer.toString(width),
            Integer.toString(points),
            Double.toString(threshold),
            path);
    System.out.printf(
        Locale.ROOT, "| 4 x %d | %,d | %.0e | %s | %s |%n", width, points, threshold, path, line);
  }

  private static String measure(int width, int points, double threshold, String path)
      throws IOException {
    DatasetSource source = Datasets.get("fashion-mnist");
    Dataset images = source.open(Split.TRAIN);
    List<Integer> hidden = Collections.nCopies(4, width);
    Module model = trained(images, source, hidden);
    DataLoader data =
        new DataLoader(
            Subset.stratified(images, points, 0),
            source.evaluationPreprocessing(),
            LoaderConfiguration.evaluation(BATCH));
    List<String> layers = new ArrayList<>(List.of("input"));
    for (int layer = 1; layer <= hidden.size(); layer++) {
      layers.add("hidden" + layer);
    }
    layers.add(Segments.OUTPUT);
    // Fixed biases are not part of the closed form, and cost nothing else.
    SegmentsConfiguration cut =
        new SegmentsConfiguration(
            path.equals(CLOSED) ? BiasFolding.FOLDED : BiasFolding.FIXED, ScalarType.Double);
    StageClock clock = new StageClock(data);
    try (BatchStream batches = data.epoch(0, 0);
        Segments segments = Segments.open(model, layers, batches.next().inputs(), cut)) {
      clock.start();
      InteractionResult result =
          new InteractionBasis(InteractionConfiguration.local().with(i -> i.threshold = threshold))
              .listener(clock)
              .compute(segments, clock);
      String kept =
          result.layers().stream()
              .map(basis -> Integer.toString(basis.rank()))
              .collect(Collectors.joining(", "));
      return clock.columns() + " | " + peakMegabytes() + " | " + kept;
    }
  }

  /** An epoch is enough for masks and ranks that are no longer those of random weights. */
  private static Module trained(Dataset images, DatasetSource source, List<Integer> hidden)
      throws IOException {
    Seeds.set(0);
    Module model = Models.create("mlp", ModelOptions.none().with(o -> o.hidden = hidden));
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 1e-3, 0.01), Map.of());
    DataLoader loader =
        new DataLoader(
            images, source.evaluationPreprocessing(), LoaderConfiguration.training(128, 0));
    try (BatchStream batches = loader.epoch(0, 0)) {
      while (batches.hasNext()) {
        Scope.run(
            () -> {
              var batch = batches.next();
              Tensor outputs = model.forward(batch.inputs());
              optimizer.zeroGrad();
              torch.cross_entropy_loss(outputs, batch.targets()).backward();
              optimizer.step();
            });
      }
    }
    return model;
  }

  /** The largest resident size so far, where the system tells it. */
  private static String peakMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return "not known";
    }
    long kilobytes =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    return Long.toString(kilobytes / 1024);
  }

  /** Adds up the time of passes by stage, and the time between passes. */
  private static final class StageClock implements BatchSource, AnalysisListener {
    private final BatchSource data;
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private long last;

    StageClock(BatchSource data) {
      this.data = data;
      STAGES.forEach(stage -> seconds.put(stage, 0.0));
    }

    void start() {
      last = System.nanoTime();
    }

    private void add(String stage) {
      long now = System.nanoTime();
      seconds.merge(stage, (now - last) / 1e9, Double::sum);
      last = now;
    }

    @Override
    public int batchesPerEpoch() {
      return data.batchesPerEpoch();
    }

    @Override
    public BatchStream epoch(long epoch, int firstBatch) {
      add("eigenvectors");
      return data.epoch(epoch, firstBatch);
    }

    @Override
    public void advanced(String stage, int done, int total) {
      if (stage.startsWith("edges")) {
        add("edges");
      } else {
        add(stage.startsWith("basis") ? "M'" : "Gram matrices");
      }
    }

    String columns() {
      StringBuilder row = new StringBuilder();
      seconds.values().forEach(s -> row.append(String.format(Locale.ROOT, "%.2f | ", s)));
      double whole = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
      return row.append(String.format(Locale.ROOT, "%.1f", whole)).toString();
    }
  }
}
