package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
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
 * Reads JPEG and PNG files as RGB, as PIL's convert("RGB") does: grey is repeated, a palette is
 * looked up, transparency is dropped, of 16 bits the higher 8 are kept, colour profiles and EXIF
 * orientation are ignored. The kind of file is told by its content, not by its name.
 *
 * <p>A file that claims a larger image than its length can encode is refused before anything is
 * allocated; so is one over 89,478,485 pixels (PIL's limit). Damaged image data is an error, never
 * a half grey image.
 */
final class ImageDecoder {
  private static final long MOST_PIXELS = 89_478_485;
  private static final long MOST_BYTES = 1L << 28;

  /** A JPEG codes 8 x 8 pixels with one bit at least, so a byte holds at most 512. */
  private static final long JPEG_PIXELS_PER_BYTE = 512;

  /** Deflate expands at most 1032 times, and a PNG pixel has one bit at least. */
  private static final long PNG_PIXELS_PER_BYTE = 8 * 1032;

  private ImageDecoder() {}

  static Image read(Path file) throws IOException {
    long length = Files.size(file);
    if (length > MOST_BYTES) {
      throw new FileFormatException(
          file,
          "is %d MB long; image files of up to %d MB are read"
              .formatted(length >> 20, MOST_BYTES >> 20));
    }
    return decode(file, Files.readAllBytes(file));
  }

  private static Image decode(Path file, byte[] content) throws IOException {
    boolean jpeg = startsWith(content, 0xFF, 0xD8, 0xFF);
    if (!jpeg && !startsWith(content, 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A)) {
      throw new FileFormatException(
          file, content.length == 0 ? "is empty" : "is neither a JPEG nor a PNG file");
    }
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(jpeg ? "jpeg" : "png");
    if (!readers.hasNext()) {
      throw new IOException("This Java platform cannot read " + (jpeg ? "JPEG" : "PNG") + " files");
    }
    ImageReader reader = readers.next();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
      DamageListener damage = new DamageListener();
      reader.addIIOReadWarningListener(damage);
      reader.setInput(in, true, true);
      long perByte = jpeg ? JPEG_PIXELS_PER_BYTE : PNG_PIXELS_PER_BYTE;
      checkSize(file, reader.getWidth(0), reader.getHeight(0), content.length * perByte);
      BufferedImage image = reader.read(0);
      if (damage.found() != null) {
        throw new FileFormatException(file, "is damaged: " + damage.found());
      }
      return toRgb(image);
    } catch (FileFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The decoders of the JDK throw almost any RuntimeException on damaged files.
      throw new FileFormatException(
          file, "cannot be decoded as " + (jpeg ? "JPEG: " : "PNG: ") + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static boolean startsWith(byte[] content, int... magic) {
    for (int i = 0; i < magic.length; i++) {
      if (i >= content.length || (content[i] & 0xFF) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  private static void checkSize(Path file, long width, long height, long encodable)
      throws FileFormatException {
    long pixels = width * height;
    if (width < 1 || height < 1 || pixels > MOST_PIXELS) {
      throw new FileFormatException(
          file,
          "is %d x %d pixels; images of 1 to %d pixels are read"
              .formatted(width, height, MOST_PIXELS));
    }
    if (pixels > encodable) {
      throw new FileFormatException(
          file, "claims %d x %d pixels, more than its length can hold".formatted(width, height));
    }
  }

  /**
   * Raw samples: BufferedImage.getRGB would brighten grey images, whose space Java calls linear.
   */
  private static Image toRgb(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] pixels = new byte[3 * width * height];
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    if (image.getColorModel() instanceof IndexColorModel palette) {
      fromPalette(raster, palette, pixels);
    } else if (raster.getSampleModel() instanceof ComponentSampleModel model
        && raster.getDataBuffer() instanceof DataBufferByte buffer) {
      fromBytes(raster, model, buffer, pixels);
    } else {
      int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
      int[] row = new int[width];
      for (int i = 0; i < pixels.length; i += width) {
        int line = i / width;
        raster.getSamples(0, line % height, width, 1, bands < 3 ? 0 : line / height, row);
        for (int x = 0; x < width; x++) {
          pixels[i + x] = (byte) (row[x] >> shift);
        }
      }
    }
    return new Image(new ImageShape(3, height, width), pixels);
  }

  private static void fromPalette(Raster raster, IndexColorModel palette, byte[] pixels) {
    int width = raster.getWidth();
    int plane = width * raster.getHeight();
    int[] row = new int[width];
    for (int i = 0; i < plane; i += width) {
      raster.getSamples(0, i / width, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        int color = palette.getRGB(row[x]);
        pixels[i + x] = (byte) (color >> 16);
        pixels[plane + i + x] = (byte) (color >> 8);
        pixels[2 * plane + i + x] = (byte) color;
      }
    }
  }

  private static void fromBytes(
      Raster raster, ComponentSampleModel model, DataBufferByte buffer, byte[] pixels) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int stride = model.getPixelStride();
    for (int c = 0; c < 3; c++) {
      int band = model.getNumBands() < 3 ? 0 : c;
      byte[] in = buffer.getData(model.getBankIndices()[band]);
      for (int y = 0; y < height; y++) {
        int from =
            buffer.getOffsets()[model.getBankIndices()[band]]
                + model.getOffset(
                    -raster.getSampleModelTranslateX(),
                    y - raster.getSampleModelTranslateY(),
                    band);
        int to = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          pixels[to + x] = in[from + x * stride];
        }
      }
    }
  }
}
