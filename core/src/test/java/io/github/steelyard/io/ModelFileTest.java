package io.github.steelyard.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelFileTest {
  @TempDir Path folder;

  private static final class Small extends Module {
    Small() {
      parameter("weight", torch.rand(2, 3));
      parameter("bias", torch.rand(2));
      buffer("steps", torch.zeros(1).to(ScalarType.Long));
    }

    @Override
    public Tensor forward(Tensor input) {
      return input;
    }
  }

  private static Provenance provenance() {
    return Provenance.now(
        7,
        Map.of("train", "abc"),
        Map.of("optimizer", Map.of("name", "adamp", "lr", 0.001)),
        List.of("train", "r.yaml"));
  }

  @Test
  void givenASavedModule_whenItIsLoadedIntoAnother_thenBothAreEqualAndTheProvenanceIsKept()
      throws IOException {
    Path file = folder.resolve("model.safetensors");
    Small saved = new Small();
    Provenance provenance = provenance();
    ModelFile.save(file, saved, provenance);
    Small loaded = new Small();
    ModelFile.load(file, loaded);
    saved
        .stateDict()
        .forEach(
            (name, tensor) ->
                assertThat(torch.equal(loaded.stateDict().get(name), tensor)).as(name).isTrue());
    assertThat(ModelFile.provenance(file)).contains(provenance);
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(open.metadata()).containsEntry("format", "pt");
    }
  }

  @Test
  void givenHalfPrecisionWeights_whenTheyAreLoaded_thenTheModuleKeepsItsType() throws IOException {
    Path file = folder.resolve("half.safetensors");
    Small module = new Small();
    Map<String, Tensor> half = new LinkedHashMap<>(module.stateDict());
    half.put("weight", torch.ones(2, 3).to(ScalarType.BFloat16));
    SafeTensors.write(file, half, Map.of());
    ModelFile.load(file, module);
    Tensor weight = module.stateDict().get("weight");
    assertThat(weight.scalar_type().intern()).isEqualTo(ScalarType.Float);
    assertThat(weight.sum().item_float()).isEqualTo(6f);
    assertThat(ModelFile.provenance(file)).isEmpty();
  }

  @Test
  void givenAFileThatDoesNotFit_whenItIsLoaded_thenTheErrorNamesItAndTheModuleIsUnchanged()
      throws IOException {
    Path file = folder.resolve("other.safetensors");
    SafeTensors.write(file, Map.of("weight", torch.ones(2, 3), "bais", torch.ones(2)), Map.of());
    Small module = new Small();
    Tensor before = module.stateDict().get("weight").clone();
    assertThatThrownBy(() -> ModelFile.load(file, module))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("other.safetensors: the state dict does not fit")
        .hasMessageContaining("is 'bais' the missing 'bias'?")
        .satisfies(
            e -> {
              assertThat(((StateDictException) e).missing()).containsExactly("bias", "steps");
              assertThat(((StateDictException) e).unexpected()).containsExactly("bais");
            });
    assertThat(torch.equal(module.stateDict().get("weight"), before)).isTrue();
  }

  @Test
  void givenADamagedFileOrProvenance_whenItIsLoaded_thenTheErrorNamesTheFile() throws IOException {
    Path file = folder.resolve("damaged.safetensors");
    Files.write(file, new byte[20]);
    assertThatThrownBy(() -> ModelFile.load(file, new Small()))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("damaged.safetensors");
    SafeTensors.write(file, Map.of(), Map.of("steelyard.provenance", "{\"seed\":\"x\"}"));
    assertThatThrownBy(() -> ModelFile.provenance(file))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining(
            "damaged.safetensors: the metadata 'steelyard.provenance' is damaged");
  }
}
