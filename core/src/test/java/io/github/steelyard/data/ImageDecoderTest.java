package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
  @TempDir Path folder;

  static Stream<Arguments> files() {
    return Stream.of("images", "pictures")
        .flatMap(
            part ->
                ReferenceImages.read(part + ".safetensors").entrySet().stream()
                    .map(entry -> Arguments.of(part + "/" + entry.getKey(), entry.getValue())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void givenAPictureOfEachFormat_whenItIsRead_thenItsPixelsArePillows(String name, Image expected)
      throws IOException {
    Image actual = ImageDecoder.read(ReferenceImages.resource(name));
    assertThat(actual.shape()).isEqualTo(expected.shape());
    int worst = 0;
    long sum = 0;
    for (int i = 0; i < expected.pixels().length; i++) {
      int difference = Math.abs((actual.pixels()[i] & 0xFF) - (expected.pixels()[i] & 0xFF));
      worst = Math.max(worst, difference);
      sum += difference;
    }
    // JPEG leaves the rounding of the cosine transform to the decoder, WebP how colours, of which
    // there are fewer samples than of light, are spread over the pixels.
    boolean spread = name.endsWith("lossy.webp");
    assertThat(worst).isLessThanOrEqualTo(spread ? 18 : name.endsWith(".jpg") ? 3 : 0);
    assertThat((double) sum / expected.pixels().length).isLessThan(spread ? 3 : 0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "images/rgb-444.jpg",
        "images/progressive.jpg",
        "images/rgb.png",
        "images/cmyk.jpg",
        "pictures/lossless.webp",
        "pictures/lossy.webp",
        "pictures/rgb.bmp",
        "pictures/lzw.tif",
        "pictures/plain.tif",
        "pictures/palette.gif"
      })
  void givenAFileThatIsCutShort_whenItIsRead_thenItIsAnErrorAndNotAGreyImage(String name)
      throws IOException {
    byte[] whole = Files.readAllBytes(ReferenceImages.resource(name));
    Path file = folder.resolve(Path.of(name).getFileName());
    for (int part = 1; part < 10; part++) {
      Files.write(file, Arrays.copyOf(whole, whole.length * part / 10));
      assertThatThrownBy(() -> ImageDecoder.read(file))
          .as("%s cut to %d tenths", name, part)
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining(file.getFileName().toString());
    }
  }

  @Test
  void givenASmallFileThatHoldsAnEnormousPicture_whenItIsRead_thenItIsRefusedWithNumbers()
      throws IOException {
    Path bomb = folder.resolve("bomb.png");
    Files.write(bomb, whitePng(9400, 9400));
    assertThat(Files.size(bomb)).isLessThan(100_000);
    assertThatThrownBy(() -> ImageDecoder.read(bomb))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("bomb.png")
        .hasMessageContaining("9400 x 9400 pixels")
        .hasMessageContaining("MB");
    Files.write(bomb, whitePng(30_000, 20_000));
    assertThatThrownBy(() -> ImageDecoder.read(bomb))
        .hasMessageContaining("is 30000 x 20000 pixels; images of 1 to 89478485 pixels are read");
  }

  @Test
  void givenFilesThatAreNoPictures_whenTheyAreRead_thenTheErrorSaysWhatTheyAre()
      throws IOException {
    Path file = folder.resolve("photo.jpg");
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> ImageDecoder.read(file)).hasMessageContaining("photo.jpg: is empty");
    Files.writeString(file, "<html>not found</html>");
    assertThatThrownBy(() -> ImageDecoder.read(file))
        .hasMessageContaining("is no picture; JPEG, PNG, WebP, TIFF, BMP and GIF are read");
    Files.write(file, "\0\0\0\u0018ftypheic\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ImageDecoder.read(file))
        .hasMessageContaining("is a HEIC picture, which is not read; save it as JPEG");
  }

  /** One bit a pixel, so that a row compresses to almost nothing. */
  private static byte[] whitePng(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(header);
    fields.writeInt(width);
    fields.writeInt(height);
    fields.write(new byte[] {1, 0, 0, 0, 0});
    chunk(out, "IHDR", header.toByteArray());
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
      byte[] row = new byte[1 + (width + 7) / 8];
      for (int y = 0; y < height; y++) {
        deflater.write(row);
      }
    }
    chunk(out, "IDAT", packed.toByteArray());
    chunk(out, "IEND", new byte[0]);
    return bytes.toByteArray();
  }

  private static void chunk(DataOutputStream out, String kind, byte[] data) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(kind.getBytes(StandardCharsets.ISO_8859_1));
    crc.update(data);
    out.writeInt(data.length);
    out.writeBytes(kind);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }
}
