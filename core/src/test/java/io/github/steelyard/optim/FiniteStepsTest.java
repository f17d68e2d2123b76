package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.State;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class FiniteStepsTest {
  static Stream<Arguments> all() {
    return Stream.of("adam", "adamw", "adamp", "sgdp")
        .flatMap(
            name ->
                Stream.of(ScalarType.Half, ScalarType.BFloat16, ScalarType.Float)
                    .flatMap(
                        type ->
                            Stream.of(false, true)
                                .map(nesterov -> Arguments.of(name, type, nesterov))));
  }

  private static Optimizer optimizer(
      String name, Parameter parameter, double eps, boolean nesterov) {
    List<ParameterGroup> groups =
        List.of(new ParameterGroup("all", Map.of("w", parameter), 1e-2, 0));
    return switch (name) {
      case "adam" -> new Adam(groups, new AdamConfiguration(0.9, 0.999, eps, nesterov));
      case "adamw" -> new AdamW(groups, new AdamWConfiguration(0.9, 0.999, eps, nesterov));
      case "adamp" ->
          new AdamP(groups, new AdamPConfiguration(0.9, 0.999, eps, 0.1, 0.1, nesterov));
      default -> new SGDP(groups, new SGDPConfiguration(0.9, 0, nesterov, eps, 0.1, 0.1));
    };
  }

  /** Ones with a gradient of 1e-3, but for one without, as half precision squares to zero. */
  private static Tensor after(String name, ScalarType type, double eps, boolean nesterov) {
    Parameter parameter = new Parameter(torch.ones(8, 8).to(type));
    Optimizer optimizer = optimizer(name, parameter, eps, nesterov);
    for (int i = 0; i < 20; i++) {
      Tensor gradient = torch.ones(8, 8).mul(new Scalar(1e-3));
      gradient.get(3).get(4).zero_();
      parameter.tensor().mutable_grad().put(gradient.to(type));
      optimizer.step();
    }
    return parameter.tensor().detach().to(ScalarType.Double);
  }

  @ParameterizedTest
  @MethodSource("all")
  void givenSmallGradients_whenStepping_thenHalfPrecisionMovesAsSinglePrecisionDoes(
      String name, ScalarType type, boolean variant) {
    Tensor half = after(name, type, 1e-8, variant);
    Tensor single = after(name, ScalarType.Float, 1e-8, variant);

    assertThat(half.isfinite().all().item_bool()).isTrue();
    double tolerance = type == ScalarType.BFloat16 ? 0.08 : 0.01; // 20 roundings of 4e-3 or 5e-4
    assertThat(half.sub(single).abs().max().item_double()).isLessThan(tolerance);
    if (name.startsWith("adam") && type == ScalarType.Half) {
      assertThat(half.get(0).get(0).item_double()).as("20 steps of about 0.01").isBetween(0.7, 0.9);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void givenTheSmallestEps_whenAGradientIsZero_thenWeightsStayFinite(
      String name, ScalarType type, boolean variant) {
    assertThat(after(name, type, 1.2e-38, variant).isfinite().all().item_bool()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-40, -1e-8, Double.NaN, Double.POSITIVE_INFINITY})
  void givenAnEpsThatIsZeroInSinglePrecision_whenAnOptimizerIsMade_thenItIsRefused(double eps) {
    for (String name : List.of("adam", "adamw", "adamp", "sgdp")) {
      assertThatThrownBy(() -> optimizer(name, new Parameter(torch.ones(2, 2)), eps, false))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("eps must be at least 1.2e-38")
          .hasMessageContaining(String.valueOf(eps));
    }
  }

  @Test
  void givenAHalfPrecisionParameter_whenItsOptimizerIsSavedAndRestored_thenItGoesOnAlike() {
    Parameter one = new Parameter(torch.ones(8, 8).to(ScalarType.Half));
    Optimizer first = optimizer("adamw", one, 1e-8, false);
    Tensor gradient = torch.ones(8, 8).mul(new Scalar(1e-3)).to(ScalarType.Half);
    one.tensor().mutable_grad().put(gradient);
    first.step();
    Parameter other = new Parameter(one.tensor().detach().clone());
    Optimizer second = optimizer("adamw", other, 1e-8, false);
    State saved = first.state();
    assertThat(saved.tensors().get("w.exp_avg_sq").max().item_double())
        .isCloseTo(1e-9, within(1e-11));
    second.restore(saved);
    for (Parameter parameter : List.of(one, other)) {
      parameter.tensor().mutable_grad().put(gradient);
    }
    first.step();
    second.step();
    assertThat(torch.equal(one.tensor(), other.tensor())).isTrue();
  }
}
