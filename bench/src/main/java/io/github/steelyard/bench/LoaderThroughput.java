package io.github.steelyard.bench;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Images a second of the loader, alone and beside the demo's model, so that one sees whether the
 * model waits for data. The JPEG files are made here: 500 x 375 pixels of smooth colour and noise,
 * about 60 kB each.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.LoaderThroughput}
 */
public final class LoaderThroughput {
  private static final int BATCH = 128;
  private static final int JPEG_FILES = 256;
  private static final int STEPS = 60;

  private LoaderThroughput() {}

  /**
   * Measures and prints.
   *
   * @param arguments none
   * @throws IOException if the JPEG files cannot be written or read
   */
  public static void main(String[] arguments) throws IOException {
    DatasetSource fashion = Datasets.get("fashion-mnist");
    Dataset images = fashion.open(Split.TRAIN);
    for (int workers : new int[] {0, 1, 2}) {
      DataLoader loader =
          new DataLoader(
              images,
              fashion.trainingPreprocessing(),
              LoaderConfiguration.training(BATCH, 0).withWorkers(workers));
      drain(loader, 10);
      System.out.printf(
          "Fashion-MNIST, crop, flip, normalize, %d workers: %.0f images/s%n",
          workers, drain(loader, 20));
    }
    DataLoader loader =
        new DataLoader(
            images, fashion.trainingPreprocessing(), LoaderConfiguration.training(BATCH, 0));
    train(loader, false);
    double fixed = train(loader, false);
    double loaded = train(loader, true);
    System.out.printf(
        "resnet8, AdamW, batch %d: %.2f ms a step on one batch, %.2f ms with the loader%n",
        BATCH, 1e3 * fixed, 1e3 * loaded);
    jpeg();
  }

  private static void jpeg() throws IOException {
    Path folder = Files.createTempDirectory("loader-throughput");
    try {
      writeImages(Files.createDirectories(folder.resolve("photos")));
      Dataset photos = ImageFolder.open(folder);
      for (int workers : new int[] {0, 1, 2}) {
        DataLoader loader =
            new DataLoader(
                photos,
                Datasets.get("image-folder").trainingPreprocessing(),
                LoaderConfiguration.training(64, 0).withWorkers(workers));
        drain(loader, 1);
        System.out.printf(
            "JPEG 500 x 375, RandomResizedCrop 224, flip, %d workers: %.0f images/s%n",
            workers, drain(loader, 6));
      }
    } finally {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void writeImages(Path folder) throws IOException {
    SplittableRandom random = new SplittableRandom(0);
    for (int i = 0; i < JPEG_FILES; i++) {
      BufferedImage image = new BufferedImage(500, 375, BufferedImage.TYPE_INT_RGB);
      double phase = random.nextDouble(6);
      for (int y = 0; y < 375; y++) {
        for (int x = 0; x < 500; x++) {
          int noise = random.nextInt(30);
          int red = (int) (100 + 80 * Math.sin(x / 40.0 + phase)) + noise;
          int green = (int) (100 + 80 * Math.cos(y / 30.0 - phase)) + noise;
          int blue = (int) (100 + 80 * Math.sin((x + y) / 50.0)) + noise;
          image.setRGB(x, y, red << 16 | green << 8 | blue);
        }
      }
      ImageIO.write(image, "jpeg", folder.resolve(i + ".jpg").toFile());
    }
  }

  private static double drain(DataLoader loader, int epochs) {
    long start = System.nanoTime();
    int[] images = new int[1];
    for (int epoch = 0; epoch < epochs; epoch++) {
      try (BatchStream batches = loader.epoch(epoch, 0)) {
        while (batches.hasNext()) {
          Scope.run(() -> images[0] += batches.next().size());
        }
      }
    }
    return images[0] / ((System.nanoTime() - start) / 1e9);
  }

  /** Seconds a step, from the loader or always on its first batch. */
  private static double train(DataLoader loader, boolean fresh) {
    Module model =
        Models.create(
            "resnet8",
            ModelOptions.none().with(o -> o.classes = 10).with(o -> o.inputChannels = 1));
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 1e-3, 0.01), Map.of());
    try (BatchStream batches = loader.epoch(0, 0)) {
      Batch first = batches.next();
      long start = System.nanoTime();
      for (int step = 0; step < STEPS; step++) {
        Scope.run(
            () -> {
              Batch batch = fresh ? batches.next() : first;
              Tensor loss =
                  torch.cross_entropy_loss(model.forward(batch.inputs()), batch.targets());
              optimizer.zeroGrad();
              loss.backward();
              optimizer.step();
            });
      }
      return (System.nanoTime() - start) / 1e9 / STEPS;
    }
  }
}
