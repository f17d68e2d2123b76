package io.github.steelyard.cli;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.models.Models;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** What a reader of README.md has: photos in folders, and weights that timm wrote. */
final class ReadersFiles {
  private static final Map<String, Color> CLASSES =
      Map.of("red ball", Color.RED, "grüner Ball", Color.GREEN, "balle bleue", Color.BLUE);
  private static final List<String> FORMATS = List.of("png", "jpg", "bmp", "gif");
  private static final int PICTURES = 10;

  private ReadersFiles() {}

  /** Creates {@code my-photos} and {@code deit_tiny_patch16_224.safetensors}. */
  static void createIn(Path folder) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    for (Map.Entry<String, Color> each : CLASSES.entrySet()) {
      Path own = Files.createDirectories(folder.resolve("my-photos").resolve(each.getKey()));
      for (int n = 0; n < PICTURES; n++) {
        String format = FORMATS.get(n % FORMATS.size());
        Path file = own.resolve("photo " + n + " für später." + format);
        ImageIO.write(ball(each.getValue(), random), format, file.toFile());
      }
    }
    ModelFile.save(
        folder.resolve("deit_tiny_patch16_224.safetensors"),
        Models.create("deit_tiny_patch16_224"));
  }

  private static BufferedImage ball(Color color, SplittableRandom random) {
    int width = random.nextInt(120, 400);
    int height = random.nextInt(120, 400);
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = picture.createGraphics();
    pen.setColor(new Color(random.nextInt(0x404040)));
    pen.fillRect(0, 0, width, height);
    pen.setColor(color);
    pen.fillOval(random.nextInt(width - 100), random.nextInt(height - 100), 100, 100);
    pen.dispose();
    return picture;
  }
}
