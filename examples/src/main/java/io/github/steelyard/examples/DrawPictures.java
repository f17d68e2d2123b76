package io.github.steelyard.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/**
 * Draws a folder of pictures for those who have none at hand: shapes of any colour, size and place
 * on noise. {@code java DrawPictures.java FOLDER PICTURES_OF_EACH}
 */
public final class DrawPictures {
  private static final Map<String, Integer> CORNERS =
      new TreeMap<>(Map.of("circle", 40, "ring", 40, "square", 4, "star", 10, "triangle", 3));

  private DrawPictures() {}

  /**
   * Writes {@code FOLDER/SHAPE/NUMBER.png}.
   *
   * @param arguments the folder, and how many pictures of each shape
   * @throws IOException if a picture cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    for (String shape : CORNERS.keySet()) {
      Path folder = Files.createDirectories(Path.of(arguments[0], shape));
      for (int n = 0; n < Integer.parseInt(arguments[1]); n++) {
        Path file = folder.resolve("%03d.png".formatted(n));
        ImageIO.write(drawn(shape, random), "png", file.toFile());
      }
    }
  }

  private static BufferedImage drawn(String shape, SplittableRandom random) {
    int width = random.nextInt(48, 97);
    int height = random.nextInt(48, 97);
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      picture.setRGB(i % width, i / width, random.nextInt(0x60) * 0x010101);
    }
    Graphics2D pen = picture.createGraphics();
    pen.setColor(Color.getHSBColor((float) random.nextDouble(), (float) random.nextDouble(), 1));
    pen.setStroke(new BasicStroke(5));
    double radius = Math.min(width, height) * random.nextDouble(0.3, 0.45);
    // Within the middle square, which is what a network sees of a picture.
    double space = Math.min(width, height) / 2.0 - radius;
    double x = width / 2.0 + random.nextDouble(-space, space);
    double y = height / 2.0 + random.nextDouble(-space, space);
    double turn = random.nextDouble(2 * Math.PI);
    Polygon outline = new Polygon();
    for (int i = 0; i < CORNERS.get(shape); i++) {
      double length = shape.equals("star") && i % 2 == 1 ? radius / 2.5 : radius;
      double angle = turn + 2 * Math.PI * i / CORNERS.get(shape);
      outline.addPoint(
          (int) Math.round(x + length * Math.cos(angle)),
          (int) Math.round(y + length * Math.sin(angle)));
    }
    if (shape.equals("ring")) {
      pen.draw(outline);
    } else {
      pen.fill(outline);
    }
    pen.dispose();
    return picture;
  }
}
