package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class WeightAligningTest {
  private Linear layer;
  private Module model;

  /** Rows of length 5, 13 and, for the new classes, 30 and 6. */
  @BeforeEach
  void rows() {
    layer = new Linear(2, 4);
    model = new Sequential(new Identity(), layer);
    layer.weight().assign(torch.tensor(new float[] {3, 4, 5, 12, 18, 24, 0, -6}).reshape(4, 2));
  }

  private static final class Doubled extends Parametrization {
    private final boolean invertible;

    Doubled(boolean invertible) {
      this.invertible = invertible;
    }

    @Override
    public Tensor forward(Tensor value) {
      return value.mul(new Scalar(2.0));
    }

    @Override
    public boolean isInvertible() {
      return invertible;
    }

    @Override
    public Tensor inverse(Tensor effective) {
      return effective.div(new Scalar(2.0));
    }
  }

  @Test
  void givenLongerNewRows_whenAligned_thenTheirMeanNormIsThatOfTheOldOnesAndTheRestStays() {
    Map<String, Tensor> before = TinyStream.copy(model);

    assertThat(RowNorms.of(model, "", 2).norms()).containsExactly(5.0, 13.0, 30.0, 6.0);
    assertThat(new WeightAligning(2).gamma(layer.weight().value())).isEqualTo(0.5);
    new WeightAligning(2).apply(model);

    RowNorms after = RowNorms.of(model, "1", 2);
    assertThat(after.norms()).containsExactly(5.0, 13.0, 15.0, 3.0);
    assertThat(after.oldMean()).isEqualTo(after.newMean());
    assertThat(model.stateDict().get("1.bias").equal(before.get("1.bias"))).isTrue();
    assertThat(
            HeadRows.of(layer.weight().tensor(), 0, 2)
                .equal(HeadRows.of(before.get("1.weight"), 0, 2)))
        .isTrue();
    assertThat(new WeightAligning(2).gamma(layer.weight().value())).isEqualTo(1);
  }

  @Test
  void givenAParametrizedWeight_whenAligned_thenTheWeightThatTheLayerSeesIs() {
    layer.weight().parametrize(new Doubled(true));

    new WeightAligning(2).apply(model);

    assertThat(RowNorms.of(model, "", 2).norms()).containsExactly(5.0, 13.0, 15.0, 3.0);

    layer.weight().parametrize(new Doubled(false));
    Map<String, Tensor> before = TinyStream.copy(model);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightAligning(2).apply(model))
        .withMessageContaining("'1.weight'")
        .withMessageContaining("Doubled has no inverse");
    assertThat(TinyStream.same(before, model.stateDict())).isTrue();
  }

  @Test
  void givenNothingToAlign_whenAligned_thenTheErrorSaysWhyAndTheModelIsUnchanged() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightAligning(0))
        .withMessageContaining("at least one old class");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightAligning(4).apply(model))
        .withMessageContaining("all 4 rows belong to the 4 old classes");
    Scope.withoutGradient(() -> HeadRows.of(layer.weight().tensor(), 2, 4).zero_());
    Map<String, Tensor> before = TinyStream.copy(model);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightAligning(2).apply(model))
        .withMessageContaining("that of the new ones 0.0");
    assertThat(TinyStream.same(before, model.stateDict())).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> new RowNorms(List.of(1.0), 2));
  }

  @Test
  void givenALogitShift_whenABiasCorrectionIsFitted_thenItIsFoundAndFoldedIntoTheHead() {
    Scope.withoutGradient(
        () -> {
          // Labels are drawn by the corrected logits, so that these are the best.
          Tensor raw = torch.randn(20000, 5).mul(new Scalar(2.0));
          Tensor corrected = raw.clone();
          corrected.narrow(1, 3, 2).mul_(new Scalar(0.6)).add_(new Scalar(-1.2));
          Tensor labels = torch.multinomial(torch.softmax(corrected, 1), 1).squeeze(1);

          BiasCorrection found = BiasCorrection.fit("", 3, raw, labels);

          assertThat(found.alpha()).isCloseTo(0.6, within(0.05));
          assertThat(found.beta()).isCloseTo(-1.2, within(0.1));
        });
    Scope.withoutGradient(
        () -> {
          Tensor inputs = torch.randn(7, 2);
          Tensor expected = model.forward(inputs);
          expected.narrow(1, 2, 2).mul_(new Scalar(0.6)).add_(new Scalar(-1.2));

          new BiasCorrection("", 2, 0.6, -1.2).apply(model);

          assertThat(torch.allclose(model.forward(inputs), expected, 1e-5, 1e-5, false)).isTrue();
        });
  }

  @Test
  void givenHeldOutSamplesWithoutError_whenABiasCorrectionIsFitted_thenItStaysFinite() {
    Tensor logits = torch.tensor(new float[] {9, -9, -9, 9}).reshape(2, 2);
    BiasCorrection found = BiasCorrection.fit("", 1, logits, torch.tensor(new long[] {0, 1}));

    assertThat(found.alpha()).isBetween(0.5, 2.0);
    assertThat(found.beta()).isBetween(-1.0, 1.0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BiasCorrection.fit("", 2, logits, torch.tensor(new long[] {0, 1})))
        .withMessageContaining("with 2 old classes");
    Module noBias = new Sequential(new Identity(), new Linear(2, 3, false));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BiasCorrection("", 1, 1, 0).apply(noBias))
        .withMessageContaining("'1' has none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BiasCorrection("", 1, Double.NaN, 0))
        .withMessageContaining("NaN");
  }
}
