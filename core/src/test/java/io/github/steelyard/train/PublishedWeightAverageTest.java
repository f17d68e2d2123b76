package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class PublishedWeightAverageTest {
  @BeforeEach
  void seed() {
    Seeds.set(7);
  }

  private static Module network() {
    return new Sequential(new Linear(3, 4), new BatchNorm1d(4));
  }

  private static void step(Module model) {
    Scope.withoutGradient(
        () -> model.stateDict().get("0.weight").add_(torch.randn(4, 3).mul(new Scalar(0.1))));
  }

  @Test
  void givenFewAndManyUpdates_whenRead_thenTheShareOfTheFirstWeightsFades() {
    Module model = network();
    Tensor first = model.stateDict().get("0.weight").detach().clone();
    WeightAverage average = WeightAverage.published(model, 0.9);
    assertThat(torch.equal(average.weights().get("0.weight"), first)).isTrue();

    // The weights stay, so that an average without bias would stay too.
    for (int n = 1; n <= 100; n++) {
      average.update();
      double share = Math.pow(0.9, n) / (1 - Math.pow(0.9, n));
      Tensor ratio = average.weights().get("0.weight").div(first);
      assertThat(ratio.max().item_double()).isCloseTo(1 + share, within(1e-4));
      assertThat(ratio.min().item_double()).isCloseTo(1 + share, within(1e-4));
    }
  }

  @Test
  void givenRunningStatistics_whenAveraged_thenTheyAreCopied() {
    Module model = network();
    WeightAverage published = WeightAverage.published(model, 0.9);
    WeightAverage ours = new WeightAverage(model, 0.9, false);
    model.forward(torch.randn(20, 3).add(new Scalar(5.0)));
    step(model);
    published.update();
    ours.update();

    Tensor mean = model.stateDict().get("1.running_mean");
    assertThat(torch.equal(published.weights().get("1.running_mean"), mean)).isTrue();
    assertThat(torch.equal(ours.weights().get("1.running_mean"), mean)).isFalse();
  }

  @Test
  void givenASavedAverage_whenRestored_thenItReadsAndContinuesTheSame() {
    Module model = network();
    WeightAverage average = WeightAverage.published(model, 0.9);
    step(model);
    average.update();
    WeightAverage other = WeightAverage.published(model, 0.9);
    other.restore(average.state());
    step(model);
    average.update();
    other.update();

    Tensor own = model.stateDict().get("0.weight").detach().clone();
    Tensor seen = average.during(() -> model.stateDict().get("0.weight").detach().clone());
    assertThat(torch.equal(seen, other.weights().get("0.weight"))).isTrue();
    assertThat(torch.equal(seen, own)).isFalse();
    assertThat(torch.equal(model.stateDict().get("0.weight"), own)).isTrue();
  }
}
