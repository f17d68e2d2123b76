package io.github.steelyard.bench;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.robust.LogDeterminantPenalty;
import io.github.steelyard.robust.OrthogonalityPenalty;
import io.github.steelyard.robust.TransformedL1Penalty;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Penalty;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A step of adversarial training (PGD of 10 steps, AdamW) without and with each penalty on the
 * weights: what share of the step a penalty costs.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.RobustSteps}.
 */
public final class RobustSteps {
  private static final String PLAIN = "no penalty";
  private static final double SECONDS = 20;

  private RobustSteps() {}

  /**
   * Measures and prints tables.
   *
   * @param arguments models; {@code mlp} and {@code resnet8} if there are none
   */
  public static void main(String[] arguments) {
    Engine.start();
    System.out.println("threads: " + Engine.settings().threads());
    List<String> models = arguments.length == 0 ? List.of("mlp", "resnet8") : List.of(arguments);
    for (String model : models) {
      steps(model);
    }
  }

  private static void steps(String name) {
    List<Penalty> both = List.of(TransformedL1Penalty.of(1e-5), LogDeterminantPenalty.of(1e-2));
    SideBySide table = new SideBySide();
    table.with(PLAIN, step(name, List.of()));
    table.with("transformed L1", step(name, both.subList(0, 1)));
    table.with("log-determinant", step(name, both.subList(1, 2)));
    table.with("both", step(name, both));
    table.with("L1", step(name, List.of(L1Penalty.of(1e-5))));
    table.with("orthogonality", step(name, List.of(OrthogonalityPenalty.of(1e-3))));
    System.out.println("\n" + name + ", batch 128: a step of adversarial training\n");
    // Short steps need more rounds: until Java has compiled what is around them, and for the
    // median.
    table.measure(2, 3);
    int rounds = (int) Math.max(11, Math.min(101, SECONDS * 1000 / 6 / table.median(PLAIN)));
    table.measure(rounds / 5, rounds).print(PLAIN);
  }

  private static Runnable step(String name, List<Penalty> penalties) {
    Seeds.set(1);
    Module model = Models.create(name, ModelOptions.none());
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 1e-5, 1e-4), Map.of());
    AdversarialLoss loss =
        new AdversarialLoss(
            AdversarialConfiguration.of(AdversarialConfiguration.Kind.PGD, 0.1),
            InputDomain.of(Normalization.FASHION_MNIST),
            new CrossEntropy());
    Batch batch =
        new Batch(
            Scope.keep(torch.rand(128, 1, 28, 28)),
            Scope.keep(torch.randint(10, new long[] {128})));
    return () ->
        Scope.run(
            () -> {
              optimizer.zeroGrad();
              Tensor value = loss.compute(model, batch).loss();
              for (Penalty penalty : penalties) {
                value = value.add(penalty.compute(model));
              }
              value.backward();
              optimizer.step();
            });
  }
}
