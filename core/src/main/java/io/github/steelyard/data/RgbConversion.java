package io.github.steelyard.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * The samples of a decoded picture as RGB, as PIL's convert("RGB") has them. Raw samples: {@link
 * BufferedImage#getRGB} would brighten grey images, whose space Java calls linear.
 */
final class RgbConversion {
  private static final int BLACK = 3;

  private RgbConversion() {}

  /**
   * Converts.
   *
   * @throws IOException if the samples are floats, or of a space that is neither grey, RGB nor CMYK
   */
  static Image of(BufferedImage image) throws IOException {
    Raster raster = image.getRaster();
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] pixels = new byte[3 * width * height];
    if (image.getColorModel() instanceof IndexColorModel palette) {
      fromPalette(raster, palette, pixels);
    } else if (isCmyk(image.getColorModel(), raster)) {
      fromCmyk(raster, pixels);
    } else if (raster.getSampleModel() instanceof ComponentSampleModel model
        && raster.getDataBuffer() instanceof DataBufferByte buffer) {
      fromBytes(raster, model, buffer, pixels);
    } else {
      fromSamples(raster, pixels);
    }
    return new Image(new ImageShape(3, height, width), pixels);
  }

  private static boolean isCmyk(ColorModel model, Raster raster) throws IOException {
    int type = raster.getTransferType();
    if (type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE) {
      throw new IOException("its samples are floating-point numbers; whole ones are read");
    }
    int space = model == null ? ColorSpace.TYPE_RGB : model.getColorSpace().getType();
    if (space != ColorSpace.TYPE_RGB
        && space != ColorSpace.TYPE_GRAY
        && space != ColorSpace.TYPE_CMYK) {
      throw new IOException("its colours are neither grey, RGB nor CMYK");
    }
    return space == ColorSpace.TYPE_CMYK && raster.getNumBands() > BLACK;
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

  /** PIL's formula: each of cyan, magenta and yellow takes its part of what black leaves. */
  private static void fromCmyk(Raster raster, byte[] pixels) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int[] ink = new int[width];
    int[] black = new int[width];
    for (int i = 0; i < pixels.length; i += width) {
      int line = i / width;
      eightBits(raster, line % height, line / height, ink);
      eightBits(raster, line % height, BLACK, black);
      for (int x = 0; x < width; x++) {
        int left = 255 - black[x];
        int product = ink[x] * left + 128;
        pixels[i + x] = (byte) Math.max(0, left - (((product >> 8) + product) >> 8));
      }
    }
  }

  private static void fromSamples(Raster raster, byte[] pixels) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int[] row = new int[width];
    for (int i = 0; i < pixels.length; i += width) {
      int line = i / width;
      eightBits(raster, line % height, raster.getNumBands() < 3 ? 0 : line / height, row);
      for (int x = 0; x < width; x++) {
        pixels[i + x] = (byte) row[x];
      }
    }
  }

  /** A row of one band: of more than 8 bits the higher ones, fewer are stretched to 0..255. */
  private static void eightBits(Raster raster, int y, int band, int[] row) {
    raster.getSamples(0, y, row.length, 1, band, row);
    int bits = raster.getSampleModel().getSampleSize(band);
    for (int x = 0; x < row.length && bits != 8; x++) {
      row[x] = bits > 8 ? row[x] >>> (bits - 8) : row[x] * 255 / ((1 << bits) - 1);
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
