package io.github.steelyard.composition;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.nn.models.VisionTransformer;
import io.github.steelyard.nn.models.VisionTransformerConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Small networks for images of [n, 1, 4, 4]. */
enum Network {
  /** With taps and dropout. */
  PERCEPTRON("fc3") {
    @Override
    Module made(int classes) {
      return Models.create(
          "mlp",
          ModelOptions.none()
              .with(o -> o.hidden = List.of(12, 10))
              .with(o -> o.dropout = 0.1)
              .with(o -> o.imageSize = SIDE)
              .with(o -> o.classes = classes));
    }
  },
  /** With normalizations, so that weights are scale-invariant. */
  CONVOLUTIONAL("8") {
    @Override
    Module made(int classes) {
      return new Sequential(
          new Conv2d(Conv2dConfiguration.of(1, 8, 3).withPadding(1)),
          new BatchNorm2d(8),
          new ReLU(),
          new Conv2d(Conv2dConfiguration.of(8, 8, 3).withPadding(1)),
          new BatchNorm2d(8),
          new ReLU(),
          new AdaptiveAvgPool2d(new Size2d(2, 2)),
          new Flatten(),
          new Linear(32, classes));
    }
  },
  /** With attention. */
  TRANSFORMER("head") {
    @Override
    Module made(int classes) {
      return new VisionTransformer(
          new VisionTransformerConfiguration(
              SIDE, 2, 1, classes, 16, 2, 2, 2, false, TransformerDropout.none()));
    }
  };

  static final int SIDE = 4;
  static final int CLASSES = 3;
  private static final int SAMPLES = 16;

  private final String head;

  Network(String head) {
    this.head = head;
  }

  abstract Module made(int classes);

  /** The same weights each time. */
  Module create(int classes) {
    Seeds.set(1);
    return made(classes);
  }

  /** The path of the last layer. */
  String head() {
    return head;
  }

  static BatchSource batches(int count) {
    return new ComputedBatches(count, Network::batch);
  }

  /** Noisy images whose brightness says the class. */
  static Batch batch(long epoch, int number) {
    SplittableRandom random = new SplittableRandom(Seeds.derive(3, epoch, number));
    float[] pixels = new float[SAMPLES * SIDE * SIDE];
    long[] targets = new long[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      targets[i] = random.nextInt(CLASSES);
      for (int j = 0; j < SIDE * SIDE; j++) {
        pixels[i * SIDE * SIDE + j] = (float) (0.7 * (targets[i] - 1) + random.nextDouble(-1, 1));
      }
    }
    Tensor inputs = torch.tensor(pixels).reshape(SAMPLES, 1, SIDE, SIDE);
    return new Batch(inputs, torch.tensor(targets));
  }

  /** Images that no training sees. */
  static Tensor images() {
    return batch(99, 0).inputs();
  }

  /** What a model says about {@link #images()}, in evaluation mode. */
  static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images()));
  }

  static double largest(Tensor tensor) {
    return Scope.computeWithoutGradient(() -> tensor.abs().max().item_double());
  }

  static double difference(Tensor one, Tensor other) {
    return Scope.computeWithoutGradient(() -> largest(one.sub(other)));
  }
}
