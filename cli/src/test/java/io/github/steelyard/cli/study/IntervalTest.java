package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class IntervalTest {
  @Test
  void givenThreeValues_whenTheIntervalIsComputed_thenItIsStudentsT() {
    Interval interval = Interval.of(List.of(1.0, 2.0, 3.0));

    // s = 1, t(2, 0.975) = 4.302652729911275 (R: qt(0.975, 2))
    assertThat(interval.mean()).isEqualTo(2);
    assertThat(interval.halfWidth()).isCloseTo(4.302652729911275 / Math.sqrt(3), within(1e-8));
    assertThat(interval.text("loss")).isEqualTo("2 ± 2.484");
    assertThat(interval.low()).isCloseTo(-0.484138, within(1e-6));
  }

  @Test
  void givenFiveAccuracies_whenTheyArePrinted_thenInPercentAndDifferencesWithASign() {
    Interval interval = Interval.of(List.of(0.80, 0.81, 0.82, 0.83, 0.84));

    // s = 0.0158114, t(4, 0.975) = 2.776445
    assertThat(interval.text("test accuracy")).isEqualTo("82.00 ± 1.96 %");
    assertThat(interval.difference("accuracy")).isEqualTo("+82.00 ± 1.96 points");
    assertThat(Interval.of(List.of(-0.01, -0.01)).difference("accuracy"))
        .isEqualTo("-1.00 ± 0.00 points");
  }

  @Test
  void givenFewerThanTwoValues_whenTheIntervalIsComputed_thenNoWidthIsInvented() {
    assertThat(Interval.of(List.of(0.5)).text("accuracy")).isEqualTo("50.00 %");
    assertThat(Interval.of(List.of(0.5)).halfWidth()).isNaN();
    assertThat(Interval.of(List.of(0.5)).low()).isEqualTo(0.5);
    assertThat(Interval.of(List.of()).text("accuracy")).isEqualTo("-");
    assertThat(Interval.of(List.of()).difference("accuracy")).isEqualTo("-");
  }
}
