package io.github.steelyard.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing in a file of ours can change without notice. */
class FileChecksumTest {
  @TempDir Path folder;
  private Path file;
  private byte[] written;

  @BeforeEach
  void write() throws IOException {
    Engine.start();
    file = folder.resolve("weights.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(
        "fc.weight", torch.arange(new Scalar(6)).reshape(2, 3).toType(torch.ScalarType.Float));
    tensors.put("fc.bias", torch.ones(2).neg());
    tensors.put("none", torch.empty(0, 4));
    tensors.put("steps", torch.arange(new Scalar(3)));
    SafeTensors.write(file, tensors, Map.of("steelyard.state", "{\"step\":18}", "format", "pt"));
    written = Files.readAllBytes(file);
  }

  private static String content(SafeTensorsFile open) throws IOException {
    StringBuilder all = new StringBuilder(open.metadata().toString());
    return Scope.compute(
        () -> {
          open.readAll()
              .forEach(
                  (name, tensor) -> {
                    all.append(name).append(tensor.scalar_type());
                    for (long size : tensor.shape()) {
                      all.append(' ').append(size);
                    }
                    Tensor flat = tensor.toType(torch.ScalarType.Double).flatten();
                    for (int i = 0; i < flat.numel(); i++) {
                      all.append(' ').append(flat.get(i).item_double());
                    }
                  });
          return all.toString();
        });
  }

  @Test
  void givenEverySingleFlippedBit_whenTheFileIsRead_thenItIsRefusedByName() throws IOException {
    String before;
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(open.hasChecksum()).isTrue();
      assertThat(open.metadata()).containsOnlyKeys("format", "steelyard.state");
      before = content(open);
    }
    String text = new String(written, StandardCharsets.ISO_8859_1);
    int key = text.indexOf(FileChecksum.KEY);
    for (int bit = 0; bit < 8 * written.length; bit++) {
      byte[] damaged = written.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      boolean inKey = bit / 8 >= key && bit / 8 < key + FileChecksum.KEY.length();
      try (SafeTensorsFile open = SafeTensors.open(file)) {
        String found = content(open);
        // Only the checksum's own name may be lost: then it is a file without one, and told so.
        assertThat(inKey).as("bit %d of byte %d", bit % 8, bit / 8).isTrue();
        assertThat(open.hasChecksum()).isFalse();
        assertThat(found).endsWith(before.substring(before.indexOf('}')));
      } catch (FileFormatException e) {
        assertThat(e).hasMessageStartingWith(file + ": ");
      }
    }
  }

  @Test
  void givenADamagedTensor_whenAnotherIsRead_thenOnlyTheDamagedOneIsRefused() throws IOException {
    byte[] damaged = written.clone();
    damaged[damaged.length - 1] ^= 0x40; // The last float of fc.weight.
    Files.write(file, damaged);

    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(open.read("fc.bias").sum().item_float()).isEqualTo(-2f);
      assertThatThrownBy(() -> open.read("fc.weight"))
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("the checksum of its tensor 'fc.weight' is");
    }
  }

  @Test
  void givenATensorOfSeveralParts_whenItIsRead_thenItsWholeDataAreCompared() throws IOException {
    Tensor large = torch.arange(new Scalar(200_001)).toType(torch.ScalarType.Float);
    SafeTensors.write(file, Map.of("large", large), Map.of());
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(torch.equal(open.read("large"), large)).isTrue();
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int fromEnd : new int[] {1, 400_000, 800_003}) {
      byte[] damaged = bytes.clone();
      damaged[bytes.length - fromEnd] ^= 1;
      Files.write(file, damaged);
      try (SafeTensorsFile open = SafeTensors.open(file)) {
        assertThatThrownBy(() -> open.read("large")).hasMessageContaining("checksum");
      }
    }
  }

  @Test
  void givenAFileThatIsReadAndWrittenAgain_whenItIsCompared_thenTheFilesAreEqual()
      throws IOException {
    Path again = folder.resolve("again.safetensors");
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      SafeTensors.write(again, open.readAll(), open.metadata());
    }
    assertThat(again).hasSameBinaryContentAs(file);
  }
}
