package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class TapTest {
  @Test
  void givenAnUnusedTap_whenTheModelRuns_thenTheActivationPassesUntouched() {
    Tensor activation = torch.ones(2);
    assertThat(new Tap().of(activation)).isSameAs(activation);
  }

  @Test
  void givenEditsAndObservers_whenTheModelRuns_thenEditsComeFirstAndEndWhenClosed() {
    Tap tap = new Tap();
    List<Double> seen = new ArrayList<>();
    Scope.withoutGradient(
        () -> {
          Tensor one = torch.ones(1);
          try (Tap.Registration reading = tap.observe(x -> seen.add(x.item_double()));
              Tap.Registration doubling = tap.edit(x -> x.mul(new Scalar(2.0)));
              Tap.Registration adding = tap.edit(x -> x.add(new Scalar(3.0)))) {
            assertThat(tap.of(one).item_double()).isEqualTo(5);
            adding.close();
            assertThat(tap.of(one).item_double()).isEqualTo(2);
            assertThat(List.of(reading, doubling)).doesNotContainNull();
          }
          assertThat(tap.of(one)).isSameAs(one);
        });
    assertThat(seen).containsExactly(5.0, 2.0);
  }

  @Test
  void givenATransformer_whenItsTapsAreRead_thenTheResidualStreamIsThere() {
    Map<String, String> shapes = shapesAtTaps("vit_mini_patch7_28");
    assertThat(shapes)
        .hasSize(3 + 6 * 7)
        .containsEntry("embedded", "[2, 17, 64]")
        .containsEntry("blocks.0.residual_pre", "[2, 17, 64]")
        .containsEntry("blocks.3.residual_mid", "[2, 17, 64]")
        .containsEntry("blocks.5.residual_post", "[2, 17, 64]")
        .containsEntry("blocks.2.attn.probabilities", "[2, 4, 17, 17]")
        .containsEntry("blocks.2.attn.heads", "[2, 17, 64]")
        .containsEntry("blocks.2.attn.output", "[2, 17, 64]")
        .containsEntry("blocks.4.mlp.hidden", "[2, 17, 256]")
        .containsEntry("normalized", "[2, 17, 64]")
        .containsEntry("pooled", "[2, 64]");
  }

  @Test
  void givenResidualNetworksAndPerceptrons_whenTheirTapsAreRead_thenBlocksAndLayersAreThere() {
    assertThat(shapesAtTaps("resnet8"))
        .containsEntry("stem", "[2, 16, 14, 14]")
        .containsEntry("layer2.0.hidden", "[2, 32, 7, 7]")
        .containsEntry("layer2.0.branch", "[2, 32, 7, 7]")
        .containsEntry("layer3.0.output", "[2, 64, 4, 4]")
        .containsEntry("pooled", "[2, 64]");
    assertThat(shapesAtTaps("mlp"))
        .containsEntry("input", "[2, 784]")
        .containsEntry("hidden1", "[2, 256]")
        .containsEntry("hidden2", "[2, 256]");
  }

  private static Map<String, String> shapesAtTaps(String name) {
    Module model = Models.create(name, ModelOptions.none());
    Map<String, String> shapes = new LinkedHashMap<>();
    model
        .namedTaps()
        .forEach((path, tap) -> tap.observe(x -> shapes.put(path, Arrays.toString(x.shape()))));
    Scope.withoutGradient(() -> model.forward(torch.randn(2, 1, 28, 28)));
    assertThat(shapes.keySet()).containsExactlyInAnyOrderElementsOf(model.namedTaps().keySet());
    return shapes;
  }

  @Test
  void givenAnEditOfAnActivation_whenTheModelRuns_thenItGoesOnWithTheEditedOne() {
    Module model = Models.create("mlp", ModelOptions.none());
    Scope.withoutGradient(
        () -> {
          Tensor images = torch.randn(2, 1, 28, 28);
          Tensor plain = model.forward(images);
          try (Tap.Registration removing =
              model.getTap("hidden2").edit(h -> h.mul(new Scalar(0.0)))) {
            assertThat(removing).isNotNull();
            Tensor bias = model.stateDict().get("fc3.bias");
            assertThat(model.forward(images).select(0, 1).equal(bias)).isTrue();
          }
          assertThat(model.forward(images).equal(plain)).isTrue();
        });
  }

  @Test
  void givenTwoTapsOfOneName_whenTheyAreRegistered_thenTheSecondIsRefused() {
    assertThatThrownBy(
            () ->
                new Module() {
                  {
                    tap("a");
                    tap("a");
                  }

                  @Override
                  public Tensor forward(Tensor input) {
                    return input;
                  }
                })
        .hasMessageContaining("the tap 'a' exists already");
  }
}
