package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class SeedsTest {
  @Test
  void givenTheSameSeed_whenDrawn_thenTheNumbersAreEqual() {
    Seeds.set(7);
    Tensor first = torch.rand(10);
    Seeds.set(7);
    assertThat(torch.equal(first, torch.rand(10))).isTrue();
    Seeds.set(8);
    assertThat(torch.equal(first, torch.rand(10))).isFalse();
  }

  @Test
  void givenASavedGenerator_whenRestored_thenTheDrawsContinue() {
    Seeds.set(3);
    torch.rand(5);
    Tensor state = Seeds.generatorState();
    Tensor next = torch.rand(5);
    torch.rand(100);
    Seeds.restoreGenerator(state);
    assertThat(torch.equal(next, torch.rand(5))).isTrue();
  }

  @Test
  void givenManyPositions_whenSeedsAreDerived_thenNoTwoAreEqual() {
    Set<Long> seen = new HashSet<>();
    for (long seed = 0; seed < 4; seed++) {
      for (long epoch = 0; epoch < 50; epoch++) {
        for (long index = 0; index < 500; index++) {
          seen.add(Seeds.derive(seed, epoch, index));
        }
      }
    }
    assertThat(seen).hasSize(4 * 50 * 500);
    assertThat(Seeds.derive(1, 2, 3)).isEqualTo(Seeds.derive(1, 2, 3));
    assertThat(Seeds.derive(1, 2, 3)).isNotEqualTo(Seeds.derive(1, 3, 2));
  }
}
