package io.github.steelyard.nn.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Tanh;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsTest {
  static List<ModelEntry> all() {
    return Models.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void givenARow_whenItIsListed_thenItSaysWhatItIs(ModelEntry entry) {
    assertThat(entry.summary()).isNotBlank();
    assertThat(entry.paper()).matches(".+ (19|20)\\d\\d");
    assertThat(entry.inputShape()).hasSize(3);
    assertThat(Models.get(entry.name()).name()).isEqualTo(entry.name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "conv_small", "resnet8", "resnet20", "vit_mini_patch7_28"})
  void givenOtherClassesAndChannels_whenAModelIsCreated_thenItClassifiesSuchImages(String name) {
    ModelOptions options =
        ModelOptions.none()
            .with(o -> o.classes = 7)
            .with(o -> o.inputChannels = 2)
            .with(o -> o.imageSize = 14);
    Module model = Models.create(name, options);
    Scope.withoutGradient(
        () -> assertThat(model.forward(torch.randn(3, 2, 14, 14)).shape()).containsExactly(3, 7));
  }

  @Test
  void givenAPerceptronWithOtherLayers_whenItIsCreated_thenItHasThem() {
    Module model =
        Models.create(
            "mlp",
            ModelOptions.none()
                .with(o -> o.hidden = List.of(32, 16, 8))
                .with(o -> o.activation = Activation.TANH)
                .with(o -> o.dropout = 0.5));
    assertThat(model.stateDict().get("fc3.weight").shape()).containsExactly(8, 16);
    assertThat(model.getSubmodule("act2")).isInstanceOf(Tanh.class);
    assertThat(model.namedTaps().keySet())
        .containsExactly("input", "hidden1", "hidden2", "hidden3");
  }

  @Test
  void givenDropout_whenAResidualNetworkIsCreated_thenItsFeaturesAreDroppedInTrainingOnly() {
    ModelOptions options = ModelOptions.none();
    Module plain = Models.create("resnet8", options);
    Module model = Models.create("resnet8", options.with(o -> o.dropout = 0.5));
    model.loadStateDict(plain.stateDict());
    assertThat(((Dropout) model.getSubmodule("drop")).probability()).isEqualTo(0.5);
    Scope.withoutGradient(
        () -> {
          Tensor images = torch.randn(4, 1, 28, 28);
          plain.eval();
          model.eval();
          assertThat(model.forward(images).equal(plain.forward(images))).isTrue();
          model.getSubmodule("drop").train();
          assertThat(model.forward(images).equal(plain.forward(images))).isFalse();
        });
  }

  @Test
  void givenDropPath_whenATransformerIsCreated_thenItGrowsFromBlockToBlock() {
    Module model =
        Models.create("vit_mini_patch7_28", ModelOptions.none().with(o -> o.dropPath = 0.1));
    assertThat(((DropPath) model.getSubmodule("blocks.0.drop_path1")).probability()).isZero();
    assertThat(((DropPath) model.getSubmodule("blocks.3.drop_path2")).probability())
        .isCloseTo(0.06, offset(1e-12));
    assertThat(((DropPath) model.getSubmodule("blocks.5.drop_path1")).probability()).isEqualTo(0.1);
  }

  @Test
  void givenDepthAndDimension_whenATransformerIsCreated_thenItHasThatManyBlocksOfThatSize() {
    ModelOptions options = ModelOptions.none().with(o -> o.depth = 2).with(o -> o.embedDim = 32);
    Module model = Models.create("vit_mini_patch7_28", options);
    assertThat(model.namedParameters().keySet())
        .contains("blocks.1.attn.qkv.weight")
        .noneMatch(name -> name.startsWith("blocks.2."));
    assertThat(model.namedParameters().get("blocks.1.mlp.fc1.weight").shape())
        .containsExactly(128, 32);
    assertThatThrownBy(
            () -> Models.create("vit_mini_patch7_28", options.with(o -> o.embedDim = 31)))
        .hasMessageContaining("4 heads", "but is 31", "nearest is 32");
    assertThatThrownBy(() -> options.with(o -> o.embedDim = 0))
        .hasMessageContaining("embedDim must be at least 1");
  }

  @Test
  void givenValuesOutOfRange_whenOptionsAreChosen_thenTheErrorNamesTheValue() {
    ModelOptions none = ModelOptions.none();
    assertThatThrownBy(() -> none.with(o -> o.classes = 0))
        .hasMessageContaining("classes must be at least 1");
    assertThatThrownBy(() -> none.with(o -> o.dropout = 1.0))
        .hasMessageContaining("below 1, but is 1.0");
    assertThatThrownBy(() -> none.with(o -> o.hidden = List.of(8, -1)))
        .hasMessageContaining("but is -1");
    assertThatThrownBy(() -> Models.create("vit_mini_patch7_28", none.with(o -> o.imageSize = 30)))
        .hasMessageContaining("imageSize (30) must be a multiple of patchSize (7)")
        .hasMessageContaining("nearest is 28");
  }

  @Test
  void givenAFrozenParameter_whenParametersAreCounted_thenOnlyTheTrainedOnesCount() {
    Module model = new MultilayerPerceptron(perceptron(List.of()));
    assertThat(Models.countParameters(model)).isEqualTo(4 * 3 + 3);
    model.namedParameters().get("fc1.bias").setTrainable(false);
    assertThat(Models.countParameters(model)).isEqualTo(4 * 3);
  }

  private static MultilayerPerceptronConfiguration perceptron(List<Integer> hidden) {
    return new MultilayerPerceptronConfiguration(4, hidden, 3, Activation.RELU, 0);
  }

  @Test
  void givenAMisspeltModel_whenItIsAskedFor_thenTheErrorNamesTheNearest() {
    assertThatThrownBy(() -> Models.create("resnt20", ModelOptions.none()))
        .hasMessageContaining("did you mean 'resnet20'");
  }

  @Test
  void givenAnOptionTheModelDoesNotTake_whenItIsCreated_thenTheErrorListsTheValidOnes() {
    assertThatThrownBy(
            () -> Models.create("resnet20", ModelOptions.none().with(o -> o.dropPath = 0.1)))
        .hasMessageContaining("has no option 'dropPath'")
        .hasMessageContaining("classes, inputChannels, imageSize");
  }
}
