package io.github.steelyard.bench;

import io.github.steelyard.cli.Main;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains four small networks for a short time and quantizes them, for {@code
 * bench/peers/trained.py}: the vision transformer by the five recipes {@code vit-mini-w2a2-*}, the
 * others with 4 bits by StatsQ. Writes the networks as ONNX files, and the images of Fashion-MNIST
 * that it needs. What is in the folder is not made again.
 *
 * <p>Run: {@code java -cp "bench/target/classes:bench/target/lib/*"
 * io.github.steelyard.bench.TrainedFiles FOLDER} in the repository. Full precision takes {@value
 * #EPOCHS} epochs (the large Swin transformer one), few bits {@value #FEW} epochs of some images.
 */
public final class TrainedFiles {
  private static final int EPOCHS = 3;
  private static final int FEW = 2;
  private static final int CALIBRATION = 200;

  private static final String FULL =
      """
      model: {name: %s}
      data: {name: fashion-mnist, batch_size: 128}
      optimizer: {name: adamw, lr: 1e-3, weight_decay: 0.05}
      schedule: {name: cosine}
      train: {epochs: %d}
      """;

  private static final String FOUR_BITS =
      """
      from: '%s'
      model: {name: %s}
      data: {name: fashion-mnist, batch_size: 128, train_samples: 1500}
      loss: {teacher: full_precision}
      optimizer: {name: adamw, lr: 5e-4, weight_decay: 0.05}
      schedule: {name: cosine}
      train: {epochs: %d}
      quantization:
        {weight_bits: 4, activation_bits: 4, query_key_reparameterization: false, oscillation: none}
      """;

  private final Path folder;

  private TrainedFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * Trains and writes.
   *
   * @param arguments the folder to write to
   * @throws IOException if something cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    TrainedFiles files = new TrainedFiles(Files.createDirectories(Path.of(arguments[0])));
    files.images();
    Path transformer = files.full("vit_mini_patch7_28");
    for (String way : List.of("lsq", "statsq", "qkr", "cga", "freezing")) {
      List<String> more = new ArrayList<>(List.of("from=" + transformer));
      more.addAll(List.of("data.train_samples=3000", "train.epochs=" + FEW));
      more.addAll(List.of("schedule.warmup_epochs=0", "export.formats=[packed]"));
      if (way.equals("cga")) {
        more.add("quantization.annealing.epochs=1");
      }
      files.few("vit_mini_patch7_28-w2a2-" + way, "recipes/vit-mini-w2a2-" + way + ".yaml", more);
    }
    for (String model : List.of("resnet8", "conv_small", "swin_mini_patch2_window7_28")) {
      Path run = files.full(model);
      String name = model + "-w4a4-statsq";
      files.few(name, files.write(name, FOUR_BITS.formatted(run, model, FEW)), List.of());
    }
  }

  private String write(String name, String recipe) throws IOException {
    return Files.writeString(folder.resolve(name + ".yaml"), recipe).toString();
  }

  private Path full(String model) throws IOException {
    Path run = folder.resolve(model);
    if (Files.exists(folder.resolve(model + "-float.onnx"))) {
      return run;
    }
    train(
        run, write(model, FULL.formatted(model, model.startsWith("swin") ? 1 : EPOCHS)), List.of());
    export(run, model, "float");
    return run;
  }

  private void few(String name, String recipe, List<String> settings) {
    Path run = folder.resolve(name);
    if (Files.exists(folder.resolve(name + "-float.onnx"))) {
      return;
    }
    train(run, recipe, settings);
    export(run, name, "integer");
    export(run, name, "float");
  }

  private static void train(Path run, String recipe, List<String> settings) {
    List<String> arguments = new ArrayList<>(List.of("run", recipe, "--folder", run.toString()));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    execute(arguments);
  }

  private void export(Path run, String name, String arithmetic) {
    String file = folder.resolve(name + "-" + arithmetic + ".onnx").toString();
    execute(
        List.of(
            "export", "" + run, "--format", "onnx", "--arithmetic", arithmetic, "--output", file));
  }

  private static void execute(List<String> arguments) {
    int code =
        Main.run(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    if (code != 0) {
      throw new IllegalStateException("steelyard " + String.join(" ", arguments) + ": " + code);
    }
  }

  /** All test images as the networks take them with their labels, and some training images. */
  private void images() throws IOException {
    DatasetSource source = Datasets.get("fashion-mnist");
    int count = source.open(Split.TEST).size();
    images(source, Split.TEST, count, "");
    images(source, Split.TRAIN, CALIBRATION, "calibration-");
  }

  private void images(DatasetSource source, Split split, int count, String prefix)
      throws IOException {
    LoaderConfiguration loading = new LoaderConfiguration(count, false, false, 0, 0, 1);
    try (BatchStream batches =
        new DataLoader(source.open(split), source.evaluationPreprocessing(), loading).epoch(0, 0)) {
      Batch batch = batches.next();
      Tensor images = batch.inputs().contiguous();
      ByteBuffer values = ByteBuffer.allocate(Float.BYTES * (int) images.numel());
      values.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(images.<FloatBuffer>createBuffer());
      array(prefix + "images", "<f4", values.array(), images.shape());
      ByteBuffer labels = ByteBuffer.allocate(Long.BYTES * count).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        labels.putLong(batch.targets().select(0, i).item_long());
      }
      array(prefix + "labels", "<i8", labels.array(), count);
    }
  }

  private void array(String name, String type, byte[] values, long... shape) throws IOException {
    StringBuilder sizes = new StringBuilder();
    for (long size : shape) {
      sizes.append(size).append(", ");
    }
    String header =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(type, sizes);
    int length = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    byte[] text =
        (header + " ".repeat(length - header.length() - 1) + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file = ByteBuffer.allocate(10 + length + values.length);
    file.order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x93);
    file.put("NUMPY\1\0".getBytes(StandardCharsets.US_ASCII)).putShort((short) length);
    Files.write(folder.resolve(name + ".npy"), file.put(text).put(values).array());
  }
}
