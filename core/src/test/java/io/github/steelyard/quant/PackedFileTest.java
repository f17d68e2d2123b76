package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.testing.MutatedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in a packed file, and files that cannot be read or written. */
class PackedFileTest {
  private static final Provenance PROVENANCE = Provenance.now(5, Map.of(), Map.of(), List.of());

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "5", "7", "8"})
  void givenAPackedFile_whenItsBitsAreReadAsDocumented_thenTheyAreTheWeight(int bits)
      throws IOException {
    QuantizationConfiguration configuration =
        SmallModels.configuration(bits, "lsq", false).withEdges(new LayerBits(bits, bits));
    Module layer =
        new PrepareQuantization(configuration, torch.randn(4, 5)).apply(new Linear(5, 3));
    float[] expected = floats(layer.ownParameters().get("weight").value());
    Path file = folder.resolve("layer.safetensors");
    PackedModel.save(file, layer, configuration, Optional.empty(), PROVENANCE);

    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(open.metadata().get("steelyard.weights")).contains("\"bits\":" + bits);
      byte[] bytes = new byte[(int) open.tensors().get("weight.integers").bytes()];
      Tensor integers = open.read("weight.integers");
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) integers.get(i).item_int();
      }
      assertThat(bytes).hasSize((15 * bits + 7) / 8);
      float[] scales = floats(open.read("weight.scale"));
      int lowest = open.read("weight.levels").get(1).item_int();
      double offset = open.read("weight.levels").get(2).item_int() / 2.0;
      for (int i = 0; i < 15; i++) {
        int stored = 0;
        for (int bit = 0; bit < bits; bit++) {
          int at = i * bits + bit;
          stored |= (bytes[at / 8] >> (at % 8) & 1) << bit;
        }
        assertThat(scales[i / 5] * (float) (stored + lowest + offset)).isEqualTo(expected[i]);
      }
    }
  }

  private static float[] floats(Tensor tensor) {
    Tensor flat = tensor.detach().contiguous().reshape(-1);
    float[] values = new float[(int) flat.numel()];
    for (int i = 0; i < values.length; i++) {
      values[i] = flat.get(i).item_float();
    }
    return values;
  }

  @Test
  void givenFilesOfOtherKinds_whenTheyAreLoaded_thenTheErrorSaysWhatIsMissing() throws IOException {
    Path plain = folder.resolve("plain.safetensors");
    ModelFile.save(plain, new Linear(2, 2), PROVENANCE);
    Path text = folder.resolve("text.safetensors");
    Files.writeString(text, "this is no tensor file");

    assertThat(PackedModel.isPacked(plain)).isFalse();
    assertThatThrownBy(() -> PackedModel.load(plain))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("steelyard.packed");
    assertThatThrownBy(() -> PackedModel.load(text)).isInstanceOf(FileFormatException.class);
    assertThatThrownBy(() -> PackedModel.load(folder.resolve("nowhere")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void givenAModelThatCannotBePacked_whenItIsSaved_thenTheOldFileStays() throws IOException {
    Path file = folder.resolve("packed.safetensors");
    Files.writeString(file, "old");

    assertThatThrownBy(
            () ->
                PackedModel.save(
                    file,
                    new Linear(2, 2),
                    SmallModels.configuration(2, "lsq", false),
                    Optional.empty(),
                    PROVENANCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no quantized layer");
    assertThat(file).hasContent("old");
  }

  @Test
  void givenDamagedCopies_whenTheyAreLoaded_thenTheyAreRefusedOrTheSameModel() throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(3, "statsq", false);
    ModelOptions options =
        ModelOptions.none().with(o -> o.imageSize = 4).with(o -> o.hidden = List.of(6));
    Module model = Models.create("mlp", options);
    Tensor images = torch.randn(4, 1, 4, 4);
    Module prepared = new PrepareQuantization(configuration, images).apply(model);
    Path file = folder.resolve("packed.safetensors");
    PackedModel.save(
        file,
        prepared,
        configuration,
        Optional.of(new PackedModel.Origin("mlp", options)),
        PROVENANCE);
    Tensor expected = SmallModels.logits(prepared, images);
    byte[] valid = Files.readAllBytes(file);
    int refused = 0;
    for (int seed = 0; seed < 600; seed++) {
      Files.write(file, MutatedFiles.mutate(valid, seed));
      try {
        boolean same =
            Scope.compute(
                () -> {
                  Tensor logits = loaded(file).forward(images);
                  return torch.equal(logits, expected);
                });
        assertThat(same).as("seed %d", seed).isTrue();
      } catch (UncheckedIOException e) {
        assertThat(e.getCause()).as("seed %d", seed).hasMessageContaining(file.toString());
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(400);
  }

  private static Module loaded(Path file) {
    try {
      return PackedModel.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
