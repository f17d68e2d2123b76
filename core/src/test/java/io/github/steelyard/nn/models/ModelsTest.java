package io.github.steelyard.nn.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelsTest {
  static List<ModelEntry> all() {
    return Models.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void givenARow_whenItIsCreated_thenItHasItsNumberOfParametersAndClassifies(ModelEntry entry) {
    Seeds.set(1);
    Module model = entry.create(ModelOptions.none());
    assertThat(Models.countParameters(model)).isEqualTo(entry.parameterCount());
    assertThat(entry.summary()).isNotBlank();
    assertThat(entry.paper()).isNotBlank();
    model.eval();
    Scope.withoutGradient(
        () -> {
          List<Integer> shape = entry.inputShape();
          Tensor logits = model.forward(torch.randn(2, shape.get(0), shape.get(1), shape.get(2)));
          assertThat(logits.shape()).containsExactly(2, entry.defaults().classes());
          assertThat(logits.isfinite().all().item_bool()).isTrue();
        });
  }

  @Test
  void givenAMisspeltModel_whenItIsAskedFor_thenTheErrorNamesTheNearest() {
    assertThatThrownBy(() -> Models.create("resnt20", ModelOptions.none()))
        .hasMessageContaining("did you mean 'resnet20'");
  }

  @Test
  void givenAnOptionTheModelDoesNotTake_whenItIsCreated_thenTheErrorListsTheValidOnes() {
    assertThatThrownBy(() -> Models.create("resnet20", ModelOptions.none().withDropPath(0.1)))
        .hasMessageContaining("has no option 'dropPath'")
        .hasMessageContaining("classes, inputChannels, imageSize");
  }
}
