package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.runtime.EngineSettings.WaitPolicy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineSettingsTest {
  @Test
  void givenNothing_whenResolved_thenAllProcessorsAndTheUsualPolicy() {
    assertThat(EngineSettings.resolve(null, null, Map.of(), 6, WaitPolicy.BRIEF))
        .isEqualTo(new EngineSettings(6, WaitPolicy.BRIEF));
  }

  @Test
  void givenThreadsPerNestingLevel_whenResolved_thenTheFirstCounts() {
    assertThat(
            EngineSettings.resolve(
                    null, null, Map.of("OMP_NUM_THREADS", "3,2"), 6, WaitPolicy.BRIEF)
                .threads())
        .isEqualTo(3);
  }

  @Test
  void givenASpinCount_whenResolved_thenTheEnvironmentDecides() {
    assertThat(
            EngineSettings.resolve(null, null, Map.of("GOMP_SPINCOUNT", "7"), 2, WaitPolicy.PASSIVE)
                .waitPolicy())
        .isEqualTo(WaitPolicy.INHERITED);
  }

  @Test
  void givenAProperty_whenResolved_thenItBeatsTheEnvironment() {
    Map<String, String> environment = Map.of("OMP_WAIT_POLICY", "PASSIVE", "GOMP_SPINCOUNT", "7");
    assertThat(EngineSettings.resolve("4", "active", environment, 2, WaitPolicy.PASSIVE))
        .isEqualTo(new EngineSettings(4, WaitPolicy.ACTIVE));
  }

  @Test
  void givenAnUnknownPolicy_whenResolved_thenTheMessageNamesTheValidOnes() {
    assertThatThrownBy(() -> EngineSettings.resolve(null, "lazy", Map.of(), 2, WaitPolicy.PASSIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("steelyard.waitPolicy")
        .hasMessageContaining("passive, brief or active");
  }

  @Test
  void givenZeroThreads_whenResolved_thenItIsRefused() {
    assertThatThrownBy(() -> EngineSettings.resolve("0", null, Map.of(), 2, WaitPolicy.PASSIVE))
        .hasMessageContaining("between 1 and 1024");
  }
}
