package io.github.steelyard.bench;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What the thread settings cost: a small training step, a large matrix product and a convolution
 * under each setting. libgomp reads its settings once per process, so each measurement is a child
 * process; the settings take turns, round by round.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.ThreadSettings}
 */
public final class ThreadSettings {
  private static final int ROUNDS = 5;

  private ThreadSettings() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments none; {@code child} inside a child process
   * @throws IOException if a child process cannot be started
   * @throws InterruptedException if the program is interrupted
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length > 0) {
      System.out.printf(
          "%.1f %.1f %.1f%n", stepMicroseconds(), matrixGigaflops(), convolutionGigaflops());
      return;
    }
    Map<String, List<String>> settings = new LinkedHashMap<>();
    settings.put("Steelyard's default", List.of());
    settings.put("libgomp's default (spinning)", List.of("-Dsteelyard.waitPolicy=active"));
    settings.put("one thread", List.of("-Dsteelyard.threads=1"));
    Map<String, List<double[]>> measured = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, List<String>> setting : settings.entrySet()) {
        measured
            .computeIfAbsent(setting.getKey(), k -> new ArrayList<>())
            .add(child(setting.getValue()));
      }
    }
    System.out.println("| setting | step, us | matrix product, GFLOP/s | convolution, GFLOP/s |");
    System.out.println("| --- | --- | --- | --- |");
    measured.forEach(
        (name, rounds) ->
            System.out.printf(
                "| %s | %.0f | %.0f | %.0f |%n",
                name, median(rounds, 0), median(rounds, 1), median(rounds, 2)));
  }

  private static double[] child(List<String> options) throws IOException, InterruptedException {
    String line = ChildProcess.run(options, ThreadSettings.class, "child");
    return Arrays.stream(line.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  private static double median(List<double[]> rounds, int column) {
    double[] sorted = rounds.stream().mapToDouble(r -> r[column]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Forward, backward and plain SGD of a 784-256-10 network at batch 128. */
  private static double stepMicroseconds() {
    Engine.start();
    Tensor x = torch.randn(128, 784);
    Tensor y = torch.zeros(128).to(torch.ScalarType.Long);
    Tensor w1 = torch.randn(256, 784).mul(new Scalar(0.03)).requires_grad_(true);
    Tensor w2 = torch.randn(10, 256).mul(new Scalar(0.06)).requires_grad_(true);
    Runnable step =
        () ->
            Scope.run(
                () -> {
                  Tensor logits = torch.linear(torch.linear(x, w1).relu(), w2);
                  torch.cross_entropy_loss(logits, y).backward();
                  Scope.withoutGradient(
                      () -> {
                        for (Tensor w : List.of(w1, w2)) {
                          w.sub_(w.grad().mul(new Scalar(0.01)));
                          w.mutable_grad().reset();
                        }
                      });
                });
    return 1e6 * secondsPerCall(step, 50, 300);
  }

  private static double matrixGigaflops() {
    Tensor a = torch.randn(2048, 2048);
    Tensor b = torch.randn(2048, 2048);
    Runnable product = () -> Scope.run(() -> a.matmul(b));
    return gigaflops(2.0 * 2048 * 2048 * 2048, () -> secondsPerCall(product, 2, 8));
  }

  private static double convolutionGigaflops() {
    Tensor image = torch.randn(16, 128, 56, 56);
    Tensor kernel = torch.randn(128, 128, 3, 3);
    Runnable convolution = () -> Scope.run(() -> torch.conv2d(image, kernel));
    return gigaflops(2.0 * 16 * 128 * 128 * 9 * 54 * 54, () -> secondsPerCall(convolution, 2, 8));
  }

  private static double gigaflops(double operations, DoubleSupplier seconds) {
    return operations / seconds.getAsDouble() / 1e9;
  }

  private static double secondsPerCall(Runnable call, int warmUp, int calls) {
    for (int i = 0; i < warmUp; i++) {
      call.run();
    }
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      call.run();
    }
    return (System.nanoTime() - start) / 1e9 / calls;
  }
}
