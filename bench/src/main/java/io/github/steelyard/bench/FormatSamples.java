package io.github.steelyard.bench;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.io.TensorBoardWriter;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes files for the Python libraries to read: {@code bench/peers/safetensors_check.py} and
 * {@code bench/peers/tensorboard_check.py}.
 */
public final class FormatSamples {
  private FormatSamples() {}

  /**
   * Copies a safetensors file and writes a TensorBoard run that was resumed.
   *
   * @param arguments the file to copy ({@code python-all-types.safetensors}) and an existing folder
   *     for the copy {@code copy.safetensors} and the run {@code events/}
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    try (SafeTensorsFile open = SafeTensors.open(Path.of(arguments[0]))) {
      SafeTensors.write(folder.resolve("copy.safetensors"), open.readAll(), open.metadata());
    }
    Path run = folder.resolve("events");
    try (TensorBoardWriter first = new TensorBoardWriter(run)) {
      for (int step = 0; step < 10; step++) {
        first.scalar("train/loss", 1.0 / (step + 1), step);
        first.histogram("weights/fc", weights(), step);
      }
      first.text("recipe", "optimizer: *adamp*", 0);
    }
    // As after a crash: the checkpoint was taken before step 6, so steps 6 to 9 are lost.
    try (TensorBoardWriter second = new TensorBoardWriter(run, 6)) {
      for (int step = 6; step < 8; step++) {
        second.scalar("train/loss", 100 + step, step);
      }
    }
  }

  private static Tensor weights() {
    return torch.linspace(new Scalar(-1.0), new Scalar(1.0), 1001);
  }
}
