package io.github.steelyard.bench;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One step of AdamP and SGDP beside the plain sequence of operations, libtorch's fused AdamW and
 * SGD, and the time that only moving the bytes takes. On the parameters of ResNet-18 and DeiT-Tiny,
 * with gradients orthogonal to the weights (everything is projected) and random ones (nothing is).
 * All take turns in each round; medians of the rounds.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.OptimizerSpeed}
 */
public final class OptimizerSpeed {
  /** So small that gradients stay orthogonal while the candidates of a round move the weights. */
  static final double LEARNING_RATE = 1e-7;

  static final double WEIGHT_DECAY = 0.01;
  static final double MOMENTUM = 0.9;

  private static final int WARM_UP = 10;
  private static final int ROUNDS = 41;

  /** AdamW and SGD read p, g and the moments, and write p and the moments. */
  private static final int ADAM_BYTES = 7 * Float.BYTES;

  private static final int SGD_BYTES = 5 * Float.BYTES;
  private static final int STREAM_BYTES = 3 * Float.BYTES;

  private final Map<String, Parameter> parameters;
  private final long size;
  private final SideBySide candidates = new SideBySide();

  private OptimizerSpeed(String model) {
    parameters = Models.create(model, ModelOptions.none()).namedParameters();
    size = parameters.values().stream().mapToLong(p -> p.tensor().numel()).sum();
    PlainOptimizers plainAdamP = new PlainOptimizers(parameters.values());
    PlainOptimizers plainSgdp = new PlainOptimizers(parameters.values());
    Tensor a = Scope.keep(torch.ones(size));
    Tensor b = Scope.keep(torch.ones(size));
    Tensor c = Scope.keep(torch.ones(size));
    add("stream", () -> torch.add_out(c, a, b));
    add("plain AdamP", plainAdamP::stepAdamP);
    add("AdamP", optimizer("adamp", Map.of()));
    add("fused AdamW", optimizer("adamw", Map.of()));
    add("plain SGDP", plainSgdp::stepSgdp);
    add("SGDP", optimizer("sgdp", Map.of("momentum", MOMENTUM)));
    add("fused SGD", optimizer("sgd", Map.of("momentum", MOMENTUM)));
  }

  private void add(String name, Runnable step) {
    candidates.with(name, () -> Scope.withoutGradient(step::run));
  }

  private Runnable optimizer(String name, Map<String, Object> options) {
    ParameterGroup group = new ParameterGroup("all", parameters, LEARNING_RATE, WEIGHT_DECAY);
    return Optimizers.create(name, List.of(group), options)::step;
  }

  /**
   * Measures and prints.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    for (String model : new String[] {"resnet18", "deit_tiny_patch16_224"}) {
      OptimizerSpeed study = new OptimizerSpeed(model);
      for (boolean orthogonal : new boolean[] {true, false}) {
        study.candidates.measure(WARM_UP, ROUNDS, () -> study.setGradients(orthogonal));
        study.print(model, orthogonal);
      }
    }
  }

  private void setGradients(boolean orthogonal) {
    Scope.withoutGradient(
        () -> {
          for (Parameter parameter : parameters.values()) {
            Tensor p = parameter.tensor();
            Tensor g = torch.empty_like(p).normal_();
            if (orthogonal && p.dim() > 1) {
              Tensor rows = p.view(p.size(0), -1);
              Tensor gRows = g.view(p.size(0), -1);
              gRows.sub_(rows.mul(dot(gRows, rows).div_(dot(rows, rows).add_(new Scalar(1e-12)))));
            }
            parameter.tensor().mutable_grad().put(g);
          }
        });
  }

  private static Tensor dot(Tensor a, Tensor b) {
    return a.mul(b).sum(new long[] {1}, true, new ScalarTypeOptional());
  }

  private void print(String model, boolean orthogonal) {
    double stream = candidates.median("stream");
    double bandwidth = STREAM_BYTES * size / stream / 1e6;
    System.out.printf(
        Locale.ROOT,
        "%n%s: %d parameters in %d tensors, %s gradients, %.1f GB/s%n",
        model,
        size,
        parameters.size(),
        orthogonal ? "orthogonal (projected)" : "random (not projected)",
        bandwidth);
    line("AdamP", "fused AdamW", stream * ADAM_BYTES / STREAM_BYTES);
    line("SGDP", "fused SGD", stream * SGD_BYTES / STREAM_BYTES);
  }

  private void line(String own, String fused, double bound) {
    double time = candidates.median(own);
    System.out.printf(
        Locale.ROOT,
        "  %-5s %6.2f ms; plain %6.2f ms (%.2f x ours); %s %5.2f ms (ours %.2f x);"
            + " bandwidth bound %5.2f ms (ours %.2f x)%n",
        own,
        time,
        candidates.median("plain " + own),
        candidates.median("plain " + own) / time,
        fused,
        candidates.median(fused),
        time / candidates.median(fused),
        bound,
        time / bound);
  }
}
