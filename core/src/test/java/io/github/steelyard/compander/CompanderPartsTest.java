package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompanderPartsTest {
  private static final Companding USUAL = Companding.defaults().withRatio(2);
  private static final String WEIGHT = "fc1.weight";

  private static Module trained(Module model, String optimizer, double rate, int steps) {
    new Trainer(
            model,
            Optimizers.create(optimizer, ParameterGroup.of(model, rate, 0), Map.of()),
            SmallPerceptron.batches(steps),
            new CrossEntropy(0),
            TrainingConfiguration.ofEpochs(1).with(t -> t.seed = 2))
        .callback("parts", new CompanderParts())
        .run();
    return model;
  }

  private static Module companded(CompanderPart part) {
    return new CompandWeights(CompanderConfiguration.of(USUAL.withPart(part)))
        .apply(SmallPerceptron.create());
  }

  private static Tensor weight(Module model) {
    Parameter parameter = model.plainlyNamedParameters().get(WEIGHT);
    return Scope.computeWithoutGradient(() -> parameter.value().clone());
  }

  private static double distance(Tensor one, Tensor two) {
    return Scope.computeWithoutGradient(() -> one.sub(two).norm().item_double());
  }

  @ParameterizedTest
  @CsvSource({"adamw, 1e-3", "sgd, 1e-2"})
  void givenOwnRates_whenWeightsAreTrained_thenTheyMoveAsTheCompandersUnderAnyOptimizer(
      String optimizer, double rate) {
    Tensor first = weight(SmallPerceptron.create());
    Tensor whole = weight(trained(companded(CompanderPart.ALL), optimizer, rate, 10));
    Tensor own = weight(trained(companded(CompanderPart.OWN_RATE), optimizer, rate, 10));
    Tensor plain = weight(trained(companded(CompanderPart.NONE), optimizer, rate, 10));

    double moved = distance(whole, first);
    assertThat(distance(own, whole)).isLessThan(0.01 * moved);
    assertThat(distance(plain, whole)).isGreaterThan(0.2 * moved);
  }

  @ParameterizedTest
  @CsvSource({"adamw, 2", "sgd, 4"})
  void givenTheSlopeAlone_whenWeightsAreTrained_thenItIsALearningRate(
      String optimizer, double factor) {
    Module slope = companded(CompanderPart.SLOPE);
    Module plain = SmallPerceptron.create();
    Tensor first = weight(plain);

    Tensor scaled = weight(trained(slope, optimizer, 1e-3, 1));
    Tensor usual = weight(trained(plain, optimizer, 1e-3, 1));

    assertThat(distance(scaled, first) / distance(usual, first)).isCloseTo(factor, within(1e-3));
  }

  @Test
  void givenNoPart_whenWeightsAreTrained_thenItIsPlainTrainingBitForBit() {
    Tensor none = weight(trained(companded(CompanderPart.NONE), "adamw", 0.01, 3));

    assertThat(none.equal(weight(trained(SmallPerceptron.create(), "adamw", 0.01, 3)))).isTrue();
  }

  @Test
  void givenTheMeanRate_whenOneStepIsMade_thenAllWeightsOfALayerHaveThatOfTheirMeanSlope() {
    Module mean = companded(CompanderPart.MEAN_RATE);
    Module plain = SmallPerceptron.create();
    Tensor first = weight(plain);
    WeightCompander compander = WeightCompander.of(mean).get(WEIGHT);
    double slope =
        Scope.computeWithoutGradient(
            () -> {
              Tensor cosine = first.div(new org.bytedeco.pytorch.Scalar(compander.a())).cos();
              return 2 * cosine.square().mean().item_double();
            });

    Tensor scaled = weight(trained(mean, "adamw", 1e-3, 1));
    Tensor usual = weight(trained(plain, "adamw", 1e-3, 1));

    assertThat(distance(scaled, first) / distance(usual, first)).isCloseTo(slope, within(1e-3));
  }

  @ParameterizedTest
  @CsvSource({"BOUND, true", "MEAN_RATE_BOUND, true", "MEAN_RATE, false", "NONE, false"})
  void givenFarSteps_whenWeightsAreTrained_thenTheBoundHoldsThoseThatHaveOne(
      CompanderPart part, boolean bounded) {
    Module model = trained(companded(part), "sgd", 300, 3);

    double limit = WeightCompander.of(model).get(WEIGHT).limit();
    double largest = Scope.computeWithoutGradient(() -> weight(model).abs().max().item_double());
    assertThat(largest <= limit * (1 + 1e-6)).isEqualTo(bounded);
    assertThat(CompandedShares.of(model).atLimit()).isPositive();
    assertThat(CompandedShares.of(model).nearZero()).isBetween(0.0, 1.0);
  }

  @Test
  void givenAPart_whenAAndBAreToBeLearned_thenItIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> USUAL.withPart(CompanderPart.BOUND).withLearned(true))
        .withMessage(
            "learned needs the part all, as only the whole compander has a gradient for a and b");
    assertThat(CompanderConfiguration.of(USUAL).isWhole()).isTrue();
    CompanderConfiguration mixed =
        CompanderConfiguration.of(USUAL).withLayers("fc1", USUAL.withPart(CompanderPart.SLOPE));
    assertThat(mixed.isWhole()).isFalse();
  }
}
