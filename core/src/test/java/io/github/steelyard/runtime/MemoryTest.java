package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void givenSizes_whenTheirBytesAreCounted_thenTheyNeverOverflow() {
    assertThat(Memory.bytes(4, 10, 784)).isEqualTo(31_360);
    assertThat(Memory.bytes(4)).isEqualTo(4);
    assertThat(Memory.bytes(4, Long.MAX_VALUE, 0, 5)).isZero();
    assertThat(Memory.bytes(4, 1L << 40, 1L << 40)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void givenMoreThanTheMachineHas_whenItIsAskedFor_thenBothNumbersAreNamed() {
    assertThatCode(() -> Memory.require(1 << 20, "a megabyte")).doesNotThrowAnyException();
    assertThatThrownBy(() -> Memory.require(1L << 50, "a file"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "a file takes 1,073,741,824 MB of memory, but [0-9,]+ MB are free on this machine");
    assertThatThrownBy(() -> Memory.requireHeap(1L << 50, "a header"))
        .hasMessageMatching(
            "a header takes about 1,073,741,824 MB of Java's memory, which may be [0-9,]+ MB;"
                + " give more with -Xmx");
  }

  @Test
  void givenANetworkThatNoMachineHolds_whenItIsMade_thenItsWeightIsRefusedBeforeItIsTaken() {
    assertThatThrownBy(() -> new Linear(784, 2_000_000_000L))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a weight of shape [2000000000, 784] takes 5,981,445 MB");
    assertThatThrownBy(
            () ->
                Models.create(
                    "mlp", ModelOptions.none().with(o -> o.hidden = List.of(2_000_000_000))))
        .hasMessageContaining("5,981,445 MB");
  }
}
