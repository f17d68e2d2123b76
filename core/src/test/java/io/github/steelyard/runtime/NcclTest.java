package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;

/** What is refused; NCCL itself needs machines with GPUs. */
class NcclTest {
  private static DistributedEnvironment second() {
    return new DistributedEnvironment("127.0.0.1", 29500, 1, 2, 1, false, 300, 30);
  }

  @Test
  void givenABuildWithoutCuda_whenItIsNeeded_thenItFailsAndSaysWhatToDo() {
    assumeFalse(Engine.info().cuda(), "this machine has a GPU");
    assertThatThrownBy(() -> Nccl.open(second(), null, 1))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("need NCCL, which does not load")
        .hasMessageContaining("profile gpu")
        .hasMessageContaining("--device cpu")
        .hasCauseInstanceOf(LinkageError.class);
  }

  @Test
  void givenTheGpuOfAnotherProcess_whenItIsNeeded_thenItIsRefused() {
    assertThatThrownBy(() -> Nccl.open(second(), null, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rank 1 of 2 computes on cuda:0, but its LOCAL_RANK is 1")
        .hasMessageContaining("device cuda, and no number");
  }
}
