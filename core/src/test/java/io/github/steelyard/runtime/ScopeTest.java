package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ScopeTest {
  static {
    Engine.start();
  }

  @Test
  void givenATensorMadeInAScope_whenTheScopeEnds_thenUsingItThrowsAndTheJvmLives() {
    List<Tensor> leaked = new ArrayList<>();
    Scope.run(() -> leaked.add(torch.ones(3)));

    assertThatThrownBy(() -> leaked.get(0).sum()).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> torch.ones(3).add(leaked.get(0)))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void givenAResult_whenNestedScopesEnd_thenItSurvivesUntilTheOutermost() {
    List<Tensor> inner = new ArrayList<>();
    double sum =
        Scope.compute(
            () -> {
              Tensor result = Scope.compute(() -> torch.ones(4).mul(new Scalar(2)));
              inner.add(result);
              return result.sum().item_double();
            });

    assertThat(sum).isEqualTo(8);
    assertThatThrownBy(() -> inner.get(0).sum()).isInstanceOf(NullPointerException.class);
  }

  @Test
  void givenAListAsResult_whenTheScopeEnds_thenItsTensorsSurvive() {
    List<Tensor> tensors = Scope.compute(() -> List.of(torch.ones(2), torch.zeros(2)));

    assertThat(tensors.get(0).sum().item_double()).isEqualTo(2);
    assertThat(tensors.get(1).sum().item_double()).isZero();
  }

  @Test
  void givenATensorThatIsReturnedButWasNotMadeInside_whenTheScopeEnds_thenItStaysUsable() {
    Tensor outside = torch.ones(5);
    Tensor same = Scope.compute(() -> Scope.compute(() -> outside));

    assertThat(same).isSameAs(outside);
    assertThat(outside.sum().item_double()).isEqualTo(5);
  }

  @Test
  void givenAKeptTensor_whenTheScopeEnds_thenItIsStillThere() {
    List<Tensor> kept = new ArrayList<>();
    Scope.run(() -> kept.add(Scope.keep(torch.ones(3))));

    assertThat(kept.get(0).sum().item_double()).isEqualTo(3);
  }

  @Test
  void givenAnAdoptedTensor_whenTheScopeEnds_thenItIsReleased() {
    Tensor made = torch.ones(3);
    Scope.run(() -> Scope.adopt(made));

    assertThatThrownBy(made::sum).isInstanceOf(NullPointerException.class);
  }

  @Test
  void givenWorkThatFails_whenGradientsWereOff_thenTheyAreOnAgain() {
    Tensor weight = torch.ones(2).requires_grad_(true);

    assertThatThrownBy(
            () ->
                Scope.withoutGradient(
                    () -> {
                      assertThat(weight.mul(new Scalar(2)).requires_grad()).isFalse();
                      throw new IllegalStateException("on purpose");
                    }))
        .hasMessage("on purpose");
    assertThat(weight.mul(new Scalar(2)).requires_grad()).isTrue();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenManyScopes_whenEachMakesTensors_thenResidentMemoryStaysFlat() throws IOException {
    Runnable step = () -> Scope.run(() -> torch.ones(1_000_000).add(new Scalar(1)).sum());
    for (int i = 0; i < 20; i++) {
      step.run();
    }
    long before = residentKilobytes();
    for (int i = 0; i < 500; i++) {
      step.run();
    }
    // Unreleased, 500 steps would hold 4 GB.
    assertThat(residentKilobytes() - before).isLessThan(100_000);
  }

  private static long residentKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
