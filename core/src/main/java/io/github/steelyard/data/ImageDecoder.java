package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads picture files as RGB, as PIL's exif_transpose and convert("RGB") do: grey is repeated, a
 * palette is looked up, transparency is dropped, of 16 bits the higher 8 are kept, pictures are
 * turned upright, of several pictures in one file the first is read. Colour profiles are ignored
 * but for CMYK. The kind of file is told by its content, not by its name.
 *
 * <p>A file that claims a larger image than its length can encode, or than this JVM has memory for,
 * is refused before anything is allocated; so is one over 89,478,485 pixels (PIL's limit). Damaged
 * image data is an error, never a half grey image.
 */
final class ImageDecoder {
  private static final long MOST_PIXELS = 89_478_485;
  private static final long MOST_BYTES = 1L << 28;

  /** What decoding takes at its height: four samples of the decoder and three of ours. */
  private static final long BYTES_PER_PIXEL = 7;

  /** Several threads decode at once, and the model needs memory too. */
  private static final int PART_OF_MEMORY = 4;

  private ImageDecoder() {}

  /** The WebP decoder takes the end for zeros and goes on: it is let look ahead, not further. */
  private static final class EndingStream extends MemoryCacheImageInputStream {
    private static final int MOST_ENDS = 1000;

    private int ends;

    EndingStream(byte[] content) {
      super(new ByteArrayInputStream(content));
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value < 0 && ++ends > MOST_ENDS) {
        throw new IOException("its data ends too early");
      }
      return value;
    }
  }

  static Image read(Path file) throws IOException {
    return decode(file, content(file));
  }

  /** All bytes of a file that may be a picture. */
  static byte[] content(Path file) throws IOException {
    long length = Files.size(file);
    if (length > MOST_BYTES) {
      throw new FileFormatException(
          file,
          "is %d MB long; image files of up to %d MB are read"
              .formatted(length >> 20, MOST_BYTES >> 20));
    }
    return Files.readAllBytes(file);
  }

  /**
   * Decodes.
   *
   * @param file names the content in messages
   */
  static Image decode(Path file, byte[] content) throws IOException {
    PictureKind kind = kind(file, content);
    if (kind == PictureKind.WEBP) {
      requireWhole(file, content);
    }
    ImageReader reader = reader(kind);
    try (ImageInputStream in = new EndingStream(content)) {
      DamageListener damage = new DamageListener();
      reader.addIIOReadWarningListener(damage);
      reader.setInput(in, true, true);
      checkSize(file, kind, reader.getWidth(0), reader.getHeight(0), content.length);
      BufferedImage image = reader.read(0);
      if (damage.found() != null) {
        throw new FileFormatException(file, "is damaged: " + damage.found());
      }
      return Orientation.upright(RgbConversion.of(image), Orientation.of(kind, content));
    } catch (FileFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders throw almost any RuntimeException on damaged files.
      throw new FileFormatException(
          file, "cannot be decoded as " + kind.title() + ": " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      // A large array that did not fit: nothing is lost, and the picture is the reason.
      throw new FileFormatException(
          file,
          "needs more memory than is free of this JVM's %d MB; make it smaller, or give more with"
                  .formatted(memory() >> 20)
              + " -Xmx",
          e);
    } finally {
      reader.dispose();
    }
  }

  static PictureKind kind(Path file, byte[] content) throws FileFormatException {
    return PictureKind.of(content)
        .orElseThrow(() -> new FileFormatException(file, PictureKind.complaint(content)));
  }

  private static ImageReader reader(PictureKind kind) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(kind.formatName());
    if (!readers.hasNext()) {
      throw new IOException("This Java platform cannot read " + kind.title() + " files");
    }
    return readers.next();
  }

  /**
   * The size of the upright picture, from its header alone: no pixel is decoded.
   *
   * @param content the file's, or its first bytes if that is where its header is
   * @param length the file's, in bytes
   */
  static ImageShape size(Path file, PictureKind kind, byte[] content, long length)
      throws IOException {
    ImageReader reader = reader(kind);
    try (ImageInputStream in = new EndingStream(content)) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      checkSize(file, kind, width, height, length);
      boolean turned = Orientation.of(kind, content) >= 5;
      return new ImageShape(3, turned ? width : height, turned ? height : width);
    } catch (FileFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new FileFormatException(
          file, "cannot be decoded as " + kind.title() + ": " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  /** The WebP decoder reads zeros behind the end; the file itself says how long it is. */
  private static void requireWhole(Path file, byte[] content) throws FileFormatException {
    long length = 8;
    for (int i = 0; i < 4; i++) {
      length += (content[4 + i] & 0xFFL) << (8 * i);
    }
    if (length > content.length) {
      throw new FileFormatException(
          file, "is cut short: %d of %d bytes are there".formatted(content.length, length));
    }
  }

  private static void checkSize(Path file, PictureKind kind, long width, long height, long length)
      throws FileFormatException {
    long pixels = width * height;
    if (width < 1 || height < 1 || pixels > MOST_PIXELS) {
      throw new FileFormatException(
          file,
          "is %d x %d pixels; images of 1 to %d pixels are read"
              .formatted(width, height, MOST_PIXELS));
    }
    if (pixels > length * kind.pixelsPerByte()) {
      throw new FileFormatException(
          file,
          "claims %d x %d pixels, more than its length can hold (%d for each byte)"
              .formatted(width, height, kind.pixelsPerByte()));
    }
    if (pixels * BYTES_PER_PIXEL > memory() / PART_OF_MEMORY) {
      throw new FileFormatException(
          file,
          ("is %d x %d pixels, which takes %d MB to read, more than a quarter of this JVM's %d MB;"
                  + " make it smaller, or give more memory with -Xmx")
              .formatted(width, height, (pixels * BYTES_PER_PIXEL) >> 20, memory() >> 20));
    }
  }

  private static long memory() {
    return Runtime.getRuntime().maxMemory();
  }
}
