package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackedModelTest {
  private static final Provenance PROVENANCE = Provenance.now(5, Map.of(), Map.of(), List.of());

  @TempDir Path folder;

  private PackedSize save(Path file, Module model, QuantizationConfiguration configuration)
      throws IOException {
    return PackedModel.save(file, model, configuration, Optional.empty(), PROVENANCE);
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, 1, statsq, false",
    "mlp, 5, lsq, false",
    "resnet8, 1, lsq, false",
    "resnet8, 3, statsq, false",
    "resnet8, 7, lsq, false",
    "vit, 1, statsq, true",
    "vit, 2, statsq, true",
    "vit, 2, lsq, false",
    "vit, 3, statsq, false",
    "vit, 4, statsq, true",
    "vit, 5, statsq, true",
    "vit, 6, lsq, false",
    "vit, 8, statsq, true",
    "distilled, 2, statsq, true",
    "distilled, 4, lsq, false",
  })
  void givenATrainedModel_whenItIsPackedAndLoaded_thenLogitsAndWeightsAreTheSameBits(
      String name, int bits, String method, boolean reparameterized) throws IOException {
    QuantizationConfiguration configuration =
        SmallModels.configuration(bits, method, reparameterized);
    Module model = SmallModels.trained(name, configuration);
    Tensor images = SmallModels.images(8);
    Tensor expected = SmallModels.logits(model, images);
    Map<String, Tensor> before = SmallModels.copy(model);
    Map<String, QuantizedWeight> latent = QuantizedWeight.of(model);
    Path file = folder.resolve("packed.safetensors");

    PackedSize size = save(file, model, configuration);
    Module loaded = PackedModel.load(file, SmallModels.create(name));

    assertThat(torch.equal(SmallModels.logits(loaded, images), expected)).isTrue();
    assertThat(loaded.isTraining()).isFalse();
    assertThat(size.file()).isEqualTo(Files.size(file));
    assertThat(PackedModel.configuration(file)).isEqualTo(configuration);
    latent.forEach(
        (weight, quantized) -> {
          QuantizedLayer layer =
              (QuantizedLayer) loaded.getSubmodule(QuantizedWeight.layer(weight));
          Tensor trained =
              ((Parametrization) quantized.quantizer()).forward(quantized.latent().detach());
          assertThat(torch.equal(layer.packedWeight().orElseThrow().value(), trained))
              .as(weight)
              .isTrue();
        });
    assertThat(model.stateDict().keySet()).isEqualTo(before.keySet());
    model
        .stateDict()
        .forEach((key, t) -> assertThat(torch.equal(t, before.get(key))).as(key).isTrue());
  }

  @Test
  void givenAConvertedModelOfTheRegister_whenItIsPacked_thenTheFileAloneMakesItAgain()
      throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(2, "statsq", true);
    ModelOptions options = ModelOptions.none().with(o -> o.classes = 7);
    Module model = Models.create("vit_mini_patch7_28", options);
    Tensor images = SmallModels.images(4);
    Module converted =
        new ConvertQuantization()
            .apply(new PrepareQuantization(configuration, images).apply(model));
    Path file = folder.resolve("packed.safetensors");
    PackedModel.Origin origin = new PackedModel.Origin("vit_mini_patch7_28", options);

    PackedModel.save(file, converted, configuration, Optional.of(origin), PROVENANCE);

    Module loaded = PackedModel.load(file);
    assertThat(torch.equal(SmallModels.logits(loaded, images), converted.forward(images))).isTrue();
    assertThat(PackedModel.isPacked(file)).isTrue();
    assertThat(PackedModel.origin(file)).contains(origin);
    assertThat(ModelFile.provenance(file)).contains(PROVENANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "conv_small", "resnet8"})
  void givenAModelThatLostChannels_whenItIsPacked_thenTheFileAloneMakesItAgain(String name)
      throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(4, "lsq", false);
    Module smaller = SmallModels.create(name);
    ChannelRemoval.chains(smaller)
        .forEach(
            chain -> new ChannelRemoval(smaller, chain).keep(torch.tensor(new long[] {0, 2, 3})));
    Tensor images = SmallModels.images(4);
    Module prepared = new PrepareQuantization(configuration, images).apply(smaller);
    Path file = folder.resolve("packed.safetensors");
    PackedModel.Origin origin = new PackedModel.Origin(name, ModelOptions.none());
    PackedModel.save(file, prepared, configuration, Optional.of(origin), PROVENANCE);

    Tensor logits = SmallModels.logits(PackedModel.load(file), images);

    assertThat(torch.equal(logits, SmallModels.logits(prepared, images))).isTrue();
  }

  @Test
  void givenADoublePrecisionModel_whenItIsPackedAndLoaded_thenNoDigitIsLost() throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(3, "statsq", false);
    Module model = SmallModels.create("mlp");
    model.to(ScalarType.Double);
    Tensor images = SmallModels.images(4).to(ScalarType.Double);
    Module prepared = new PrepareQuantization(configuration, images).apply(model);
    Path file = folder.resolve("packed.safetensors");
    PackedModel.Origin origin = new PackedModel.Origin("mlp", ModelOptions.none());
    PackedModel.save(file, prepared, configuration, Optional.of(origin), PROVENANCE);

    Tensor logits = SmallModels.logits(PackedModel.load(file), images);

    assertThat(torch.equal(logits, SmallModels.logits(prepared, images))).isTrue();
  }

  @Test
  void givenAPackedFile_whenAUserWantsTheIntegers_thenLoadedModulesHandThemOut()
      throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(2, "statsq", false);
    Module model = SmallModels.trained("vit", configuration);
    Path file = folder.resolve("packed.safetensors");
    save(file, model, configuration);

    Module loaded = PackedModel.load(file, SmallModels.create("vit"));
    QuantizedLinear layer = (QuantizedLinear) loaded.getSubmodule("blocks.1.mlp.fc1");
    QuantizedTensor weight = layer.packedWeight().orElseThrow().unpack();

    assertThat(weight.integers().shape()).containsExactly(48, 24);
    assertThat(weight.scale().shape()).containsExactly(48, 1);
    assertThat(weight.integers().min().item_int()).isEqualTo(-2);
    assertThat(weight.integers().max().item_int()).isEqualTo(1);
    Tensor byHand = weight.integers().to(ScalarType.Float).add(new Scalar(0.5)).mul(weight.scale());
    assertThat(torch.equal(byHand, layer.packedWeight().orElseThrow().value())).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "deit_tiny_patch16_224, true",
    "deit_tiny_patch16_224, false",
    "deit_tiny_distilled_patch16_224, true",
    "deit_tiny_distilled_patch16_224, false",
  })
  void givenATwoBitDeiT_whenItIsPacked_thenItTakesLessThanThreeMegabytes(
      String name, boolean reparameterized) throws IOException {
    QuantizationConfiguration configuration =
        QuantizationConfiguration.of(2, 2).withQueryKeyReparameterization(reparameterized);
    Module model = Models.create(name, ModelOptions.none());
    Path plain = folder.resolve("float.safetensors");
    ModelFile.save(plain, model, PROVENANCE);
    Module prepared =
        new PrepareQuantization(configuration, torch.randn(1, 3, 224, 224)).apply(model);
    Path file = folder.resolve("packed.safetensors");

    PackedSize size = save(file, prepared, configuration);

    assertThat(Files.size(file)).isEqualTo(size.file()).isLessThan(3_000_000);
    assertThat(Files.size(plain)).isGreaterThan(22_000_000);
    assertThat(size.floating()).isBetween(22_500_000L, Files.size(plain));
    assertThat(size.ratio()).isGreaterThan(7.5);
    long parts =
        size.integers() + size.weightScales() + size.activationQuantizers() + size.others();
    assertThat(size.file() - parts).as("header").isBetween(1L, 150_000L);
  }

  /** A user's own network. */
  private static final class Own extends Module {
    private final Submodule first;
    private final Submodule second = submodule("second", new Linear(6, 2));

    Own(int inputs) {
      first = submodule("first", new Linear(inputs, 6));
    }

    @Override
    public Tensor forward(Tensor input) {
      return second.forward(first.forward(input).relu());
    }
  }

  @Test
  void givenAUsersOwnModule_whenItIsLoaded_thenItsModuleIsNeededAndMustFit() throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(4, "lsq", false);
    Tensor inputs = torch.randn(8, 5);
    Module model = new PrepareQuantization(configuration, inputs).apply(new Own(5));
    Path file = folder.resolve("own.safetensors");
    save(file, model, configuration);

    Module loaded = PackedModel.load(file, new Own(5));

    assertThat(torch.equal(loaded.forward(inputs), SmallModels.logits(model, inputs))).isTrue();
    assertThatThrownBy(() -> PackedModel.load(file))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("load(file, module)");
    assertThatThrownBy(() -> PackedModel.load(file, new Own(7)))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("first.weight");
    assertThatThrownBy(() -> PackedModel.load(file, SmallModels.create("resnet8")))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("conv1.weight");
  }
}
