package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Adam;
import io.github.steelyard.optim.AdamConfiguration;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.AdamPConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.optim.SGDPConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import io.github.steelyard.train.WeightAverage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class ConfidenceGuidedAnnealingTest {
  private static final double RANGE = 0.1;

  static Stream<Arguments> optimizers() {
    Map<String, Function<Module, Optimizer>> all = new LinkedHashMap<>();
    all.put(
        "sgd",
        m -> new SGD(ParameterGroup.of(m, 0.1, 0.1), new SGDConfiguration(0.9, 0, false, false)));
    all.put("adam", m -> new Adam(ParameterGroup.of(m, 0.02, 0.1), AdamConfiguration.defaults()));
    all.put("adamw", QuantizedRun::adamW);
    all.put(
        "sgdp",
        m ->
            new SGDP(
                ParameterGroup.of(m, 0.1, 0.1),
                new SGDPConfiguration(0.9, 0, false, 1e-8, 0.1, 0.1)));
    all.put(
        "adamp", m -> new AdamP(ParameterGroup.of(m, 0.02, 0.1), AdamPConfiguration.defaults()));
    return all.entrySet().stream()
        .flatMap(
            e ->
                Stream.of(
                    Arguments.of(e.getKey(), "StatsQ", QuantizedRun.STATSQ, e.getValue()),
                    Arguments.of(e.getKey(), "LSQ", QuantizedRun.LSQ, e.getValue())));
  }

  /** Masks of its own, made before each step, and what became of the frozen entries after it. */
  private static final class Witness implements Callback {
    final WeightAverage average;
    final Map<String, Tensor> before = new LinkedHashMap<>();
    final Map<String, Tensor> frozen = new LinkedHashMap<>();
    final Map<String, Tensor> averages = new LinkedHashMap<>();
    long frozenEntries;
    long heldEntries;
    long movedFree;
    long movedBeforePhase;
    long gradients;
    long averagesOff;

    Witness(WeightAverage average) {
      this.average = average;
    }

    private static long count(Tensor mask) {
      return mask.sum().item_long();
    }

    @Override
    public void beforeStep(TrainingContext context) {
      averages.forEach(
          (name, expected) ->
              averagesOff +=
                  count(
                      average
                          .weights()
                          .get(stored(name))
                          .ne(expected)
                          .logical_and(frozen.get(name))));
      before.clear();
      frozen.clear();
      averages.clear();
      QuantizedWeight.of(context.model())
          .forEach(
              (name, weight) -> {
                Tensor now = weight.latent().detach();
                before.put(name, Scope.keep(now.clone()));
                frozen.put(
                    name,
                    Scope.keep(weight.quantizer().distanceToThreshold(now).gt(new Scalar(RANGE))));
              });
    }

    @Override
    public void afterBackward(TrainingContext context) {
      if (context.epoch() > 0) {
        QuantizedWeight.of(context.model())
            .forEach(
                (name, weight) ->
                    gradients +=
                        count(
                            weight
                                .parameter()
                                .orElseThrow()
                                .grad()
                                .ne(new Scalar(0))
                                .logical_and(frozen.get(name))));
      }
    }

    @Override
    public void afterStep(TrainingContext context) {
      QuantizedWeight.of(context.model())
          .forEach(
              (name, weight) -> {
                Tensor moved = weight.latent().detach().ne(before.get(name));
                Tensor mask = frozen.get(name);
                if (context.epoch() == 0) {
                  movedBeforePhase += count(moved.logical_and(mask));
                  return;
                }
                frozenEntries += count(mask);
                heldEntries += count(mask.logical_and(moved.logical_not()));
                movedFree += count(moved.logical_and(mask.logical_not()));
                averages.put(
                    name,
                    Scope.keep(
                        average
                            .weights()
                            .get(stored(name))
                            .lerp(before.get(name), new Scalar(0.5))));
              });
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("optimizers")
  void givenAnyOptimizer_whenAnnealing_thenFrozenWeightsKeepTheirBitsAndFreeOnesMove(
      String name,
      String method,
      QuantizationConfiguration configuration,
      Function<Module, Optimizer> optimizer) {
    Module model = QuantizedRun.model(configuration);
    WeightAverage average = new WeightAverage(model, 0.5, false);
    Witness witness = new Witness(average);

    QuantizedRun.trainer(model, optimizer)
        .average(average)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(
                new ConfidenceGuidedAnnealingConfiguration(2, RANGE, "*")))
        .callback("witness", witness)
        .run();

    assertThat(witness.frozenEntries).isPositive();
    assertThat(witness.heldEntries).isEqualTo(witness.frozenEntries);
    assertThat(witness.gradients).isZero();
    assertThat(witness.averagesOff).isZero();
    assertThat(witness.movedFree).isPositive();
    assertThat(witness.movedBeforePhase).isPositive();
  }

  @Test
  void givenProductsOfQueriesAndKeys_whenAnnealing_thenFrozenEntriesPassNoGradientInThePhaseOnly() {
    Module model = QuantizedRun.model(QuantizedRun.QKR);
    Parameter query =
        model.namedModules().values().stream()
            .filter(QueryKeyProduct.class::isInstance)
            .map(product -> product.namedParameters().get("query"))
            .findFirst()
            .orElseThrow();
    double[] largest = new double[3];

    QuantizedRun.trainer(model, QuantizedRun::adamW)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(new ConfidenceGuidedAnnealingConfiguration(1, 0, "*")))
        .callback(
            "witness",
            new Callback() {
              @Override
              public void afterBackward(TrainingContext context) {
                double now = query.grad().abs().max().item_double();
                largest[context.epoch()] = Math.max(largest[context.epoch()], now);
              }
            })
        .run();

    assertThat(largest[0]).isPositive();
    assertThat(largest[1]).isPositive();
    assertThat(largest[2]).isZero();
    Scope.run(
        () -> {
          model.forward(QuantizedRun.batch(0, 0).inputs()).square().sum().backward();
          assertThat(query.grad().abs().max().item_double()).isPositive();
        });
  }

  @Test
  void givenAPattern_whenAnnealing_thenOtherLayersMoveFreely() {
    Module model = QuantizedRun.model(QuantizedRun.STATSQ);
    Map<String, Tensor> start = new LinkedHashMap<>();
    model.namedParameters().forEach((n, p) -> start.put(n, p.tensor().detach().clone()));

    QuantizedRun.trainer(model, QuantizedRun::adamW)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(
                new ConfidenceGuidedAnnealingConfiguration(3, 0, "blocks.0.mlp.fc1")))
        .run();

    assertThat(moved(model, start, "blocks.0.mlp.fc1.weight")).isFalse();
    assertThat(moved(model, start, "blocks.1.mlp.fc1.weight")).isTrue();
  }

  /** The name in the state dict of a parameter that a quantizer was put on. */
  private static String stored(String weight) {
    return QuantizedWeight.layer(weight) + ".parametrizations.weight.original";
  }

  private static boolean moved(Module model, Map<String, Tensor> start, String weight) {
    String name = stored(weight);
    return !model.namedParameters().get(name).tensor().detach().equal(start.get(name));
  }
}
