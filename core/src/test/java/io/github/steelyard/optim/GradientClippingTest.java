package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** By hand: the gradients are (3, -4) and (12), so the norm of all together is 13. */
@Tag("once")
class GradientClippingTest {
  private Module model;
  private List<ParameterGroup> groups;

  @BeforeEach
  void gradients() {
    // The third parameter gets no gradient.
    model = new Sequential(new Linear(2, 1), new Linear(1, 1));
    groups = ParameterGroup.of(model, 0.1, 0.01);
    setGradient("0.weight", torch.tensor(new float[] {3, -4}).reshape(1, 2));
    setGradient("1.weight", torch.tensor(new float[] {12}).reshape(1, 1));
  }

  private void setGradient(String name, Tensor gradient) {
    Tensor weight = model.namedParameters().get(name).tensor();
    Scope.run(() -> weight.mul(gradient).sum().backward());
  }

  private double[] gradient(String name) {
    Tensor gradient = model.namedParameters().get(name).grad();
    double[] values = new double[Math.toIntExact(gradient.numel())];
    for (int i = 0; i < values.length; i++) {
      int at = i;
      values[i] = Scope.compute(() -> gradient.flatten().get(at).item_double());
    }
    return values;
  }

  @Test
  void givenGradients_whenTheirNormIsTaken_thenItIsThatOfAllAsOneVector() {
    assertThat(GradientClipping.norm(groups)).isEqualTo(13);
  }

  @Test
  void givenANormAboveTheLimit_whenItIsClipped_thenAllGradientsShrinkByOneFactor() {
    assertThat(GradientClipping.byNorm(groups, 6.5)).isEqualTo(13);
    assertThat(gradient("0.weight")).containsExactly(new double[] {1.5, -2}, within(1e-6));
    assertThat(gradient("1.weight")).containsExactly(new double[] {6}, within(1e-6));
    assertThat(GradientClipping.norm(groups)).isLessThanOrEqualTo(6.5);
  }

  @Test
  void givenANormBelowTheLimit_whenItIsClipped_thenNothingChanges() {
    assertThat(GradientClipping.byNorm(groups, 13.5)).isEqualTo(13);
    assertThat(gradient("0.weight")).containsExactly(3, -4);
    assertThat(gradient("1.weight")).containsExactly(12);
  }

  @Test
  void givenAnInfiniteGradient_whenItIsClippedByNorm_thenTheNormTellsAndNothingChanges() {
    setGradient("0.weight", torch.tensor(new float[] {0, Float.NEGATIVE_INFINITY}).reshape(1, 2));
    assertThat(GradientClipping.byNorm(groups, 1)).isInfinite();
    assertThat(gradient("1.weight")).containsExactly(12);
  }

  @Test
  void givenNoGradients_whenTheirNormIsTaken_thenItIsZero() {
    assertThat(GradientClipping.byNorm(ParameterGroup.of(new Linear(2, 1), 0.1, 0), 1)).isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void givenALimitThatIsNotAboveZero_whenGradientsAreClipped_thenTheErrorNamesIt(double limit) {
    assertThatThrownBy(() -> GradientClipping.byNorm(groups, limit))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("above 0, but is " + limit);
    assertThat(gradient("1.weight")).containsExactly(12);
  }
}
