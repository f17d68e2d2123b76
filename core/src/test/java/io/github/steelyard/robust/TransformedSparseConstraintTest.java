package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.robust.GateCost.Form;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class TransformedSparseConstraintTest {
  private static final long SAMPLES = 1000;

  @BeforeEach
  void seed() {
    Seeds.set(6);
  }

  private static Sequential network() {
    Sequential network =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 4, 3)),
            new BatchNorm2d(4),
            new ReLU(),
            new Flatten(),
            new Linear(16, 5),
            new Linear(5, 3));
    network.to(ScalarType.Double);
    return network;
  }

  private static Module gated() {
    GatesConfiguration both =
        new GatesConfiguration(2.0 / 3, 0.3, List.of("*"), List.of(), List.of("4"));
    return new AddGates(both).apply(network());
  }

  private static double squares(Module model, String name) {
    return Scope.computeWithoutGradient(
        () -> model.namedParameters().get(name).tensor().square().sum().item_double());
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void givenGatedLayers_whenThePenaltyIsComputed_thenItIsTheirExpectedCostAndDecayOfTheRest(
      Form form) {
    Module model = gated();
    TransformedSparseConfiguration configuration =
        new TransformedSparseConfiguration(0.5, form, 100, 0.01, 2e-3, 0.2);

    double value =
        new TransformedSparseConstraint(configuration, SAMPLES).compute(model).item_double();

    double kappa = SAMPLES * 2e-3 / 0.8;
    double sum = 0;
    double closedAt = 2.0 / 3 * Math.log(0.1 / 1.1);
    for (String path : List.of("0", "4")) {
      HardConcreteGate gate = HardConcreteGate.of(model).get(path);
      Tensor weight =
          model.namedParameters().get(path + ".parametrizations.weight.original").tensor();
      int dimension = path.equals("0") ? 0 : 1;
      for (long c = 0; c < weight.size(dimension); c++) {
        double alpha = gate.logAlpha().tensor().select(0, c).item_double();
        double open = 1 - 1 / (1 + Math.exp(alpha - closedAt));
        Tensor own = weight.select(dimension, c);
        double t = open * (kappa / 2 * own.square().sum().item_double() + 0.01 * own.numel());
        sum += 101 * t / (form == Form.TRANSFORMED_L1 ? 100 + t : 100 - t);
        if (dimension == 0) {
          double b =
              model
                  .namedParameters()
                  .get("0.parametrizations.bias.original")
                  .tensor()
                  .select(0, c)
                  .item_double();
          sum += open * (kappa / 2 * b * b - 0.01);
        }
      }
    }
    sum += kappa / 2 * squares(model, "4.bias");
    double decay = 0.5 * 1e-3 * (squares(model, "5.weight") + squares(model, "5.bias"));
    double normalization = 1e-3 * (squares(model, "1.weight") + squares(model, "1.bias"));
    double expected = 0.5 * sum / SAMPLES + decay + normalization;
    assertThat(value).isCloseTo(expected, within(1e-12 * expected));
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void givenAPenalty_whenItsGradientIsTaken_thenItEqualsFiniteDifferences(Form form) {
    Module model = gated();
    TransformedSparseConstraint penalty =
        new TransformedSparseConstraint(
            TransformedSparseConfiguration.defaults().withForm(form), SAMPLES);
    penalty.compute(model).backward();

    double h = 1e-5;
    model
        .namedParameters()
        .forEach(
            (name, parameter) -> {
              Tensor entry =
                  Scope.computeWithoutGradient(() -> parameter.tensor().reshape(-1).select(0, 1));
              double numeric =
                  Scope.computeWithoutGradient(
                      () -> {
                        entry.add_(new Scalar(h));
                        double above = penalty.compute(model).item_double();
                        entry.sub_(new Scalar(2 * h));
                        double below = penalty.compute(model).item_double();
                        entry.add_(new Scalar(h));
                        return (above - below) / (2 * h);
                      });
              assertThat(parameter.grad().reshape(-1).select(0, 1).item_double())
                  .as(name)
                  .isCloseTo(numeric, within(1e-8));
            });
  }

  @Test
  void givenALayerWithoutGates_whenDecayed_thenItsGradientIsThatOfWeightDecay() {
    Module model = gated();
    new TransformedSparseConstraint(TransformedSparseConfiguration.defaults(), SAMPLES)
        .compute(model)
        .backward();

    for (String name : List.of("5.weight", "5.bias", "1.weight", "1.bias")) {
      Tensor expected = model.namedParameters().get(name).tensor().detach().mul(new Scalar(5e-4));
      assertThat(model.namedParameters().get(name).grad().sub(expected).abs().max().item_double())
          .as(name)
          .isLessThan(1e-15);
    }
  }

  @Test
  void givenAUnitThatReachesThePole_whenThePublishedFormIsTaken_thenTheLayerIsNamed() {
    Module model = gated();
    Tensor stored = model.namedParameters().get("0.parametrizations.weight.original").tensor();
    Scope.withoutGradient(() -> stored.fill_(new Scalar(10.0)));
    TransformedSparseConfiguration configuration = TransformedSparseConfiguration.defaults();

    assertThatThrownBy(
            () ->
                new TransformedSparseConstraint(
                        configuration.withForm(Form.PUBLISHED_CODE), SAMPLES)
                    .compute(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a unit of '0'")
        .hasMessageContaining("pole at a = 100")
        .hasMessageContaining("transformed_l1");
    double saturated =
        new TransformedSparseConstraint(configuration, SAMPLES).compute(model).item_double();
    assertThat(saturated).isFinite().isLessThan(1);
  }

  @Test
  void givenBothForms_whenCostsGrow_thenOneSlopeFallsAndTheOtherRises() {
    GateCost saturating = new GateCost(Form.TRANSFORMED_L1, 100, 1, 0);
    GateCost published = new GateCost(Form.PUBLISHED_CODE, 100, 1, 0);
    double[] falling = {1.01, 101 * 100 / Math.pow(150, 2), 101 * 100 / Math.pow(190, 2)};
    double[] rising = {1.01, 101 * 100 / Math.pow(50, 2), 101 * 100 / Math.pow(10, 2)};
    double[] costs = {1e-6, 50, 90};
    for (int i = 0; i < costs.length; i++) {
      assertThat(slope(saturating, costs[i])).isCloseTo(falling[i], within(1e-6));
      assertThat(slope(published, costs[i])).isCloseTo(rising[i], within(1e-6));
    }
  }

  /** The gradient by the expected cost of one open unit. */
  private static double slope(GateCost cost, double t) {
    Tensor weight = torch.ones(1, 1).to(ScalarType.Double);
    weight.fill_(new Scalar(Math.sqrt(2 * t)));
    weight.set_requires_grad(true);
    Tensor open = torch.ones(1).to(ScalarType.Double);
    cost.measure("fc", weight, Optional.empty(), open, Unit.OUTPUT_CHANNEL).backward();
    // dt/dw = w
    return weight.grad().item_double() / Math.sqrt(2 * t);
  }

  @Test
  void givenWhatMakesNoSense_whenThePenaltyIsMadeOrComputed_thenTheReasonIsNamed() {
    TransformedSparseConfiguration defaults = TransformedSparseConfiguration.defaults();
    assertThatThrownBy(() -> new TransformedSparseConstraint(defaults, SAMPLES).compute(network()))
        .hasMessageContaining("has no gates")
        .hasMessageContaining("AddGates");
    assertThatThrownBy(() -> new TransformedSparseConstraint(defaults, 0))
        .hasMessageContaining("samples must be at least 1");
    assertThatThrownBy(
            () -> new TransformedSparseConfiguration(1, Form.TRANSFORMED_L1, 0, 0.001, 5e-4, 0.3))
        .hasMessageContaining("a must be above 0");
    assertThatThrownBy(
            () -> new TransformedSparseConfiguration(1, Form.TRANSFORMED_L1, 100, -1, 5e-4, 0.3))
        .hasMessageContaining("lambda must be at least 0");
    assertThatThrownBy(
            () -> new TransformedSparseConfiguration(1, Form.TRANSFORMED_L1, 100, 0, 5e-4, 1))
        .hasMessageContaining("dropRate");
    assertThatThrownBy(
            () ->
                new GateCost(Form.TRANSFORMED_L1, 1, 1, 1)
                    .measure(
                        "fc",
                        torch.ones(3, 2),
                        Optional.empty(),
                        torch.ones(2),
                        Unit.OUTPUT_CHANNEL))
        .hasMessageContaining("2 gates do not fit the weight of 'fc'");
  }
}
