package io.github.steelyard.cli.command;

import io.github.steelyard.cli.CommandLineRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Three classes of pictures of all sizes: larger, smaller, upright, wide, odd. */
final class DrawnPictures {
  static final List<String> CLASSES = List.of("ant", "cät", "zebra");
  private static final int[][] SIZES = {{61, 47}, {20, 33}, {120, 90}, {28, 28}, {35, 140}};

  private DrawnPictures() {}

  static Path in(Path folder) throws IOException {
    Random random = new Random(1);
    for (String name : CLASSES) {
      Path pictures = Files.createDirectories(folder.resolve(name));
      for (int i = 0; i < SIZES.length; i++) {
        Path file = pictures.resolve("a picture " + i + ".png");
        ImageIO.write(
            drawn(SIZES[i][0], SIZES[i][1], CLASSES.indexOf(name), random), "png", file.toFile());
      }
    }
    return folder;
  }

  /**
   * Trains a resnet8 on them by a recipe in the folder.
   *
   * @param data more of the recipe's data section
   * @param more the recipe's other sections
   * @return the run
   */
  static Path run(Path folder, Path photos, String name, String data, String more)
      throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            model: {name: resnet8}
            data: {name: image-folder, folder: '%s', validation_fraction: 0.4, %s}
            %s"""
                .formatted(photos, data, more));
    Path run = folder.resolve(name);
    CommandLineRun.json("run", recipe.toString(), "--folder", run.toString(), "--json");
    return run;
  }

  private static BufferedImage drawn(int height, int width, int label, Random random) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = picture.createGraphics();
    pen.setColor(new Color(random.nextInt(1 << 24)));
    pen.fillRect(0, 0, width, height);
    pen.setColor(Color.getHSBColor(label / 3f, 1, 1));
    pen.fillOval(width / 4, height / 5, width / 2, height / 2);
    pen.drawLine(0, 0, width, height);
    pen.dispose();
    return picture;
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
