package io.github.steelyard.data.glyphs;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.Optional;

/**
 * Draws an outline as MNIST's digits are laid out: white on black, scaled so that the longer side
 * fills 20 of 28 pixels, its middle in the middle.
 */
final class GlyphRenderer {
  private static final double FILLED = 20.0 / 28;

  private final int size;

  GlyphRenderer(int size) {
    this.size = size;
  }

  /** One byte a pixel, row by row; empty if the outline encloses nothing. */
  Optional<byte[]> render(Shape outline) {
    Path2D lines = straightened(outline);
    // Bounds of straight lines are the same in every Java; those of curves changed with Java 19.
    Rectangle2D bounds = lines.getBounds2D();
    if (bounds.isEmpty()) {
      return Optional.empty();
    }
    double scale = FILLED * size / Math.max(bounds.getWidth(), bounds.getHeight());
    AffineTransform placed = new AffineTransform();
    placed.translate(size / 2.0, size / 2.0);
    placed.scale(scale, -scale);
    placed.translate(-bounds.getCenterX(), -bounds.getCenterY());
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(Color.WHITE);
    graphics.fill(placed.createTransformedShape(lines));
    graphics.dispose();
    byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    for (byte pixel : pixels) {
      if (pixel != 0) {
        return Optional.of(pixels);
      }
    }
    return Optional.empty();
  }

  private static Path2D straightened(Shape outline) {
    Rectangle2D about = outline.getBounds2D();
    double flatness = Math.max(about.getWidth(), about.getHeight()) / 2000;
    Path2D lines = new Path2D.Double(Path2D.WIND_NON_ZERO);
    if (flatness > 0) {
      PathIterator segments = outline.getPathIterator(null, flatness);
      lines.append(segments, false);
    }
    return lines;
  }
}
