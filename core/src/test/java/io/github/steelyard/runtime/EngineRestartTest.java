package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EngineRestartTest {
  private static final String PROPERTY = "steelyard.waitPolicy";

  @Test
  void givenSettingsThatCameTooLate_whenTheEngineIsStartedAgain_thenTheyAreNotPassedOver() {
    Engine.start();
    String before = System.getProperty(PROPERTY);
    try {
      System.setProperty(PROPERTY, before == null ? "active" : "a" + before);
      assertThatThrownBy(Engine::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was started with steelyard.threads")
          .hasMessageContaining("steelyard.waitPolicy = a")
          .hasMessageContaining("set them before anything of Steelyard is used");
    } finally {
      if (before == null) {
        System.clearProperty(PROPERTY);
      } else {
        System.setProperty(PROPERTY, before);
      }
    }
    assertThatCode(Engine::start).doesNotThrowAnyException();
  }
}
