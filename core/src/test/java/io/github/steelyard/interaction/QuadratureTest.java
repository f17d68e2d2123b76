package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.github.steelyard.interaction.Quadrature.Rule;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class QuadratureTest {
  private static double integral(Quadrature quadrature, DoubleUnaryOperator function) {
    double[] points = quadrature.points();
    double[] weights = quadrature.weights();
    double sum = 0;
    for (int i = 0; i < points.length; i++) {
      sum += weights[i] * function.applyAsDouble(points[i]);
    }
    return sum;
  }

  @Test
  void givenASmoothFunction_whenIntegrated_thenTheRulesReachTheirOrder() {
    DoubleUnaryOperator function = x -> Math.exp(x) + Math.pow(x, Math.sin(x));
    double exact = 2.5096861280;
    assertThat(integral(Quadrature.trapezoidal(50), function)).isCloseTo(exact, offset(3e-4));
    assertThat(integral(Quadrature.gaussLegendre(5), function)).isCloseTo(exact, offset(2e-4));
    assertThat(integral(Quadrature.gaussLegendre(50), function)).isCloseTo(exact, offset(1e-7));
    assertThat(integral(Quadrature.gaussLegendre(4), x -> 10 * Math.pow(x, 9)))
        .isCloseTo(1, offset(1e-14));
    assertThat(integral(Quadrature.gradient(), x -> 3 * x)).isEqualTo(3);
    assertThat(Quadrature.gaussLegendre(0).points()).containsExactly(0.5);
    assertThat(Quadrature.trapezoidal(0).points()).containsExactly(0.5);
    assertThat(Quadrature.trapezoidal(1).points())
        .containsExactly(new double[] {5e-4, 1 - 5e-4}, offset(1e-15));
  }

  @Test
  void givenWrongIntervals_whenARuleIsMade_thenTheErrorNamesThem() {
    assertThatThrownBy(() -> Quadrature.gaussLegendre(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> new Quadrature(Rule.GRADIENT, 3)).hasMessageContaining("3");
    assertThatThrownBy(() -> Quadrature.trapezoidal(5000)).hasMessageContaining("5000");
  }
}
