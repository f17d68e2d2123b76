package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class HeadBiasTest {
  private static IncrementalLearner learner(String strategy, HeadBias bias) {
    return new IncrementalLearner(
        TinyStream.configuration(Strategies.get(strategy)).with(i -> i.headBias = bias),
        TinyStream.Net::new,
        TinyStream::adamW);
  }

  private static Tensor bias(IncrementalLearner learner) {
    return learner.model().stateDict().get("head.bias");
  }

  @Test
  void givenBiases_whenAligned_thenTheNewOnesHaveTheMeanOfTheOldOnesAndTheRestStays() {
    Linear layer = new Linear(2, 4);
    Module model = new Sequential(new Identity(), layer);
    layer.bias().orElseThrow().assign(torch.tensor(new float[] {1, 3, 8, 4}));
    Tensor weight = layer.weight().value().clone();

    assertThat(new BiasAligning("", 2).preference(model)).hasValue(4);
    new BiasAligning("", 2).apply(model);

    assertThat(layer.bias().get().value().equal(torch.tensor(new float[] {1, 3, 4, 0}))).isTrue();
    assertThat(layer.weight().value().equal(weight)).isTrue();
    assertThat(new BiasAligning("", 2).preference(model)).hasValue(0);
  }

  @Test
  void givenNoBiasesToAlign_whenAligned_thenTheErrorSaysWhich() {
    Module without = new Sequential(new Identity(), new Linear(2, 4, false));
    Module old = new Sequential(new Identity(), new Linear(2, 4));

    assertThat(new BiasAligning("", 2).preference(without)).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BiasAligning("", 2).apply(without))
        .withMessageContaining("'1' has no bias");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BiasAligning("1", 4).apply(old))
        .withMessageContaining("those of 4 old classes only");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BiasAligning("", 0))
        .withMessageContaining("at least one old class");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learner("bic", HeadBias.ALIGNED))
        .withMessageContaining("'bic' cannot be aligned")
        .withMessageContaining("bias correction");
  }

  @Test
  void givenAlignedBiases_whenAStepIsLearned_thenWhatTrainingLeftIsReportedAndTakenAway()
      throws IOException {
    IncrementalLearner learner = learner("wa", HeadBias.ALIGNED);

    IncrementalResult result = learner.run(TinyStream.stream(), TinyStream.unequal());

    assertThat(result.steps().get(0).biasPreference()).isNaN();
    assertThat(result.steps().get(2).biasPreference()).isNotZero().isFinite();
    assertThat(new BiasAligning("", 3).preference(learner.model()).orElseThrow())
        .isCloseTo(0, within(1e-6));
  }

  @Test
  void givenZeroBiases_whenLearned_thenOnlyACorrectionChangesThem() throws IOException {
    IncrementalLearner wa = learner("wa", HeadBias.ZERO);
    wa.run(TinyStream.stream(), TinyStream.unequal());
    assertThat(torch.count_nonzero(bias(wa)).item_long()).isZero();

    IncrementalLearner bic = learner("bic", HeadBias.ZERO);
    IncrementalResult result = bic.run(TinyStream.stream(), TinyStream.unequal());
    Map<String, Double> last = result.steps().get(2).correction();
    assertThat(bias(bic).narrow(0, 0, 2).count_nonzero().item_long()).isZero();
    assertThat(bias(bic).select(0, 2).item_double())
        .isCloseTo(result.steps().get(1).beta(), within(1e-6));
    assertThat(bias(bic).select(0, 5).item_double()).isCloseTo(last.get("beta"), within(1e-6));
  }
}
