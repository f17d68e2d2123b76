package io.github.steelyard.bench;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.OscillationTrackingConfiguration;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingLoop;
import io.github.steelyard.train.TrainingRun;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What {@link OscillationTracking} adds to a training step at 2 bits: where it takes no sample, at
 * a sample, and on average.
 */
final class TrackingSteps {
  /** How many steps lie between samples in a recipe that does not say it. */
  private static final int EVERY = 10;

  private static final int MANY = 1_000_000;

  private TrackingSteps() {}

  static void print(QuantizationSteps.Study study) {
    QuantizationConfiguration qkr = QuantizationConfiguration.of(2, 2);
    System.out.println("\n" + study + ": a training step with oscillation tracking, W2A2\n");
    System.out.println(
        "| weights | step, ms | tracked, adds | at a sample, adds | a sample every "
            + EVERY
            + " steps |\n| --- | --- | --- | --- | --- |");
    Map<String, QuantizationConfiguration> ways =
        Map.of("StatsQ", qkr.withQueryKeyReparameterization(false), "StatsQ and QKR", qkr);
    for (String name : List.of("StatsQ", "StatsQ and QKR")) {
      Tensor images = study.images();
      SideBySide table = new SideBySide();
      table.with("plain", step(study.prepare(ways.get(name), images), images, OptionalInt.empty()));
      table.with(
          "tracked", step(study.prepare(ways.get(name), images), images, OptionalInt.of(MANY)));
      table.with("sample", step(study.prepare(ways.get(name), images), images, OptionalInt.of(1)));
      table.measure(3, study.rounds());
      double whole = table.median("plain");
      double tracked = table.difference("tracked", "plain") / whole;
      double sample = table.difference("sample", "plain") / whole;
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f %% | %.1f %% | %.1f %% |%n",
          name,
          whole,
          100 * tracked,
          100 * sample,
          100 * (tracked * (EVERY - 1) + sample) / EVERY);
    }
  }

  private static Runnable step(Module model, Tensor images, OptionalInt every) {
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 1e-5, 0.05), Map.of());
    Tensor labels = Scope.keep(torch.randint(10, new long[] {images.size(0)}));
    TrainingRun run =
        new TrainingRun(
            model,
            optimizer,
            MANY,
            TrainingConfiguration.ofEpochs(1).with(options -> options.logEvery = MANY));
    every.ifPresent(
        steps ->
            run.callback(
                "tracking", new OscillationTracking(OscillationTrackingConfiguration.of(steps))));
    TrainingLoop loop = run.begin();
    loop.beforeEpoch();
    return () -> {
      loop.beforeStep();
      loop.backward(images.size(0), () -> torch.cross_entropy_loss(model.forward(images), labels));
      if (loop.afterBackward()) {
        optimizer.step();
      }
      loop.afterStep();
    };
  }
}
