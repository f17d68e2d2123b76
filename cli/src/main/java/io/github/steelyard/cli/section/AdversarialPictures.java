package io.github.steelyard.cli.section;

import io.github.steelyard.cli.report.Report;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.Apgd;
import io.github.steelyard.robust.AttackResult;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Some samples that an attack breaks: before, after, and the change between. */
public final class AdversarialPictures {
  private static final int MOST = 8;
  private static final int STEPS = 50;
  private static final int LOOKED_AT = 64;

  /** A picture of 28 pixels is too small to be seen. */
  private static final int SMALLEST_SIDE = 112;

  private AdversarialPictures() {}

  /**
   * Pictures before and after the attack, with what the network takes them for.
   *
   * @param model a classifier, on the device
   * @param data samples; those of the first batch are looked at
   * @param device where it computes
   * @param threat what the attack is allowed
   * @param seed of its random numbers
   * @return the pictures; none if the data are no pictures
   */
  public static List<Report.Photo> of(
      Module model, DataLoader data, Device device, ThreatModel threat, long seed) {
    return Scope.computeWithoutGradient(
        () -> {
          try (BatchStream stream = data.epoch(0, 0)) {
            Batch first = stream.next();
            int size = Math.min(LOOKED_AT, first.size());
            Tensor inputs = first.inputs().narrow(0, 0, size);
            Tensor targets = first.targets().narrow(0, 0, size);
            return of(
                model,
                new Batch(
                    inputs.to(device.torch(), inputs.scalar_type()),
                    targets.to(device.torch(), targets.scalar_type())),
                data.dataset().classNames(),
                threat,
                seed);
          }
        });
  }

  private static List<Report.Photo> of(
      Module model, Batch batch, List<String> classes, ThreatModel threat, long seed) {
    AttackResult result =
        new Apgd(Apgd.Kind.CROSS_ENTROPY, STEPS, 1).run(model, batch, threat, seed);
    Tensor before = predicted(model, batch.inputs());
    Tensor after = predicted(model, result.inputs());
    Tensor seen = threat.domain().seen(batch.inputs()).cpu();
    Tensor attacked = threat.domain().seen(result.inputs()).cpu();
    List<Report.Photo> pictures = new ArrayList<>();
    for (int i = 0; i < batch.size() && pictures.size() < MOST; i++) {
      long label = batch.targets().select(0, i).item_long();
      long told = after.select(0, i).item_long();
      if (before.select(0, i).item_long() == label && told != label) {
        Tensor difference = attacked.select(0, i).sub(seen.select(0, i));
        // A change of length epsilon has no value of epsilon: it would be all grey.
        double largest =
            threat.norm() == Norm.LINF ? threat.epsilon() : difference.abs().max().item_double();
        Tensor change = difference.div(new Scalar(2 * largest)).add(new Scalar(0.5));
        pictures.add(
            new Report.Photo(
                classes.get((int) label) + " taken for " + classes.get((int) told),
                "Before, after, and the change (grey is none)",
                dataUri(List.of(seen.select(0, i), attacked.select(0, i), change))));
      }
    }
    return pictures;
  }

  private static Tensor predicted(Module model, Tensor inputs) {
    return EvaluationMode.compute(
        model, () -> model.forward(inputs).argmax(new LongOptional(1), false).cpu());
  }

  /** Images [channels, height, width] of values 0 to 1 side by side. */
  private static String dataUri(List<Tensor> images) {
    int height = (int) images.get(0).size(1);
    int width = (int) images.get(0).size(2);
    int zoom = Math.max(1, (SMALLEST_SIDE + height - 1) / height);
    int gap = 4;
    BufferedImage picture =
        new BufferedImage(
            images.size() * (width * zoom + gap) - gap, height * zoom, BufferedImage.TYPE_INT_ARGB);
    for (int k = 0; k < images.size(); k++) {
      float[] values = values(images.get(k));
      int channels = values.length / (height * width);
      for (int y = 0; y < height * zoom; y++) {
        for (int x = 0; x < width * zoom; x++) {
          int pixel = y / zoom * width + x / zoom;
          int color = 0xFF;
          for (int c = 0; c < 3; c++) {
            float value = values[Math.min(c, channels - 1) * height * width + pixel];
            color = (color << 8) | Math.round(255 * Math.max(0, Math.min(1, value)));
          }
          picture.setRGB(k * (width * zoom + gap) + x, y, color);
        }
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("the picture cannot be encoded", e);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static float[] values(Tensor image) {
    float[] values = new float[(int) image.numel()];
    image.to(ScalarType.Float).contiguous().data_ptr_float().get(values);
    return values;
  }
}
