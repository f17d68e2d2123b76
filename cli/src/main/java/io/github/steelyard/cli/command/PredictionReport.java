package io.github.steelyard.cli.command;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.data.Image;
import io.github.steelyard.predict.Prediction;
import io.github.steelyard.runtime.Provenance;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/** The page that shows pictures beside what a network says of them. */
final class PredictionReport {
  /** A page of more would be too large to open; the table has them all. */
  private static final int MOST_SHOWN = 500;

  private static final int LONGER_SIDE = 220;

  private PredictionReport() {}

  /**
   * What a network said.
   *
   * @param file the picture
   * @param answers the most probable first
   * @param thumbnail a data URI; empty if no page is wanted
   */
  record Answered(Path file, List<Prediction> answers, String thumbnail) {}

  static Report of(String network, List<Answered> pictures, List<String> command) {
    List<Report.Photo> photos =
        pictures.stream()
            .limit(MOST_SHOWN)
            .map(
                picture ->
                    new Report.Photo(
                        said(picture.answers().get(0)),
                        picture.file()
                            + (picture.answers().size() > 1 ? "; then " + others(picture) : ""),
                        picture.thumbnail()))
            .toList();
    String summary =
        "What the network of %s says of %d pictures.%s"
            .formatted(
                network,
                pictures.size(),
                pictures.size() > MOST_SHOWN ? " The first " + MOST_SHOWN + " are shown." : "");
    return new Report(
            "Predictions",
            summary,
            table(pictures),
            List.of(),
            Map.of(),
            "",
            Provenance.now(0, Map.of(), Map.of(), command))
        .withPhotos(photos);
  }

  static Table table(List<Answered> pictures) {
    return new Table(
        List.of("Picture", "Answer", "Probability", "Then"),
        pictures.stream()
            .map(
                picture ->
                    List.of(
                        picture.file().toString(),
                        picture.answers().get(0).name(),
                        Numbers.percent(picture.answers().get(0).probability()),
                        picture.answers().size() > 1 ? others(picture) : "-"))
            .toList());
  }

  private static String others(Answered picture) {
    return picture.answers().stream()
        .skip(1)
        .map(PredictionReport::said)
        .collect(Collectors.joining(", "));
  }

  private static String said(Prediction answer) {
    return answer.name() + " " + Numbers.percent(answer.probability());
  }

  static String thumbnail(Image image) throws IOException {
    BufferedImage whole =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        whole.setRGB(
            x,
            y,
            (value(image, 0, y, x) << 16) | (value(image, 1, y, x) << 8) | value(image, 2, y, x));
      }
    }
    double scale = (double) LONGER_SIDE / Math.max(image.height(), image.width());
    int width = Math.max(1, (int) Math.round(scale * image.width()));
    int height = Math.max(1, (int) Math.round(scale * image.height()));
    BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = small.createGraphics();
    pen.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        scale < 1
            ? RenderingHints.VALUE_INTERPOLATION_BILINEAR
            : RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    pen.drawImage(whole, 0, 0, width, height, null);
    pen.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(small, "jpeg", bytes);
    return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /** A grey picture has one channel. */
  private static int value(Image image, int channel, int y, int x) {
    return image.value(Math.min(channel, image.channels() - 1), y, x);
  }
}
