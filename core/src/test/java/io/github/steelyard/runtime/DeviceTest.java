package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  @Test
  void givenCpu_whenRead_thenItIsTheProcessor() {
    assertThat(Device.of(" CPU ")).isEqualTo(Device.CPU);
    assertThat(Device.CPU.torch().is_cpu()).isTrue();
  }

  @Test
  void givenNoGpu_whenCudaIsAskedFor_thenItFailsAndSaysWhatToDo() {
    assumeFalse(Engine.info().cuda(), "this machine has a GPU");
    assertThatThrownBy(() -> Device.of("cuda"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cuda is not available")
        .hasMessageContaining("--device cpu");
  }

  @Test
  void givenMoreProcessesThanGpus_whenOneChoosesItsOwn_thenItIsRefused() {
    assertThat(Device.own(1, 2)).isEqualTo(1);
    assertThatThrownBy(() -> Device.own(2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("LOCAL_RANK is 2, but there are 2 GPUs")
        .hasMessageContaining("set LOCAL_RANK=0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "", "cuda:", "cuda:-1", "cpu:1", "cuda:12345"})
  void givenAnythingElse_whenRead_thenItIsRefused(String text) {
    assertThatThrownBy(() -> Device.of(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
