import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * DJL's side of {@code bench/peers/speed.py steps --peer djl}: training steps of the networks that
 * its blocks can express. A line is {@code step NETWORK BATCH CHANNELS SIZE STEPS TRAINERS}; the
 * answer is seconds. Compiled by no build: Java's source launcher runs it.
 */
public final class DjlRounds {
  private DjlRounds() {}

  /** Answers until the input ends. */
  public static void main(String[] arguments) throws IOException {
    Map<String, Runnable> prepared = new HashMap<>();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String answer;
      try {
        Runnable work = prepared.computeIfAbsent(line, l -> steps(List.of(l.split(" "))));
        long start = System.nanoTime();
        work.run();
        answer = Double.toString((System.nanoTime() - start) / 1e9);
      } catch (RuntimeException e) {
        answer = e.toString().lines().findFirst().orElse("");
      }
      System.out.println(answer);
    }
  }

  private static Runnable steps(List<String> words) {
    if (!words.get(0).equals("step") || !words.get(6).equals("1")) {
      throw new IllegalArgumentException("only steps of one trainer, not " + words);
    }
    long size = Long.parseLong(words.get(4));
    Shape shape = new Shape(Long.parseLong(words.get(2)), Long.parseLong(words.get(3)), size, size);
    Model model = Model.newInstance(words.get(1), Device.cpu());
    model.setBlock(network(words.get(1)));
    Trainer trainer =
        model.newTrainer(
            new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(
                    Optimizer.sgd().setLearningRateTracker(Tracker.fixed(1e-5f)).build()));
    trainer.initialize(shape);
    NDArray images = trainer.getManager().randomNormal(shape);
    NDArray labels =
        trainer.getManager().randomInteger(0, 10, new Shape(shape.get(0)), DataType.INT64);
    int repeats = Integer.parseInt(words.get(5));
    return () -> {
      for (int i = 0; i < repeats; i++) {
        step(trainer, images, labels);
      }
    };
  }

  private static void step(Trainer trainer, NDArray images, NDArray labels) {
    try (NDManager scope = trainer.getManager().newSubManager()) {
      NDList inputs = new NDList(images);
      NDList targets = new NDList(labels);
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDList logits = trainer.forward(inputs);
        NDArray loss = trainer.getLoss().evaluate(targets, logits);
        logits.attach(scope);
        loss.attach(scope);
        collector.backward(loss);
      }
      trainer.step();
    }
  }

  private static Block network(String name) {
    return switch (name) {
      case "mlp" ->
          new SequentialBlock()
              .add(Blocks.batchFlattenBlock())
              .add(linear(256))
              .add(Activation::relu)
              .add(linear(10));
      case "conv_small" ->
          new SequentialBlock()
              .add(convolution(16))
              .add(Activation::relu)
              .add(convolution(32))
              .add(Activation::relu)
              .add(Blocks.batchFlattenBlock())
              .add(linear(100))
              .add(Activation::relu)
              .add(linear(10));
      default -> throw new IllegalArgumentException("only mlp and conv_small, not " + name);
    };
  }

  private static Block linear(long units) {
    return Linear.builder().setUnits(units).build();
  }

  private static Block convolution(int channels) {
    return Conv2d.builder()
        .setFilters(channels)
        .setKernelShape(new Shape(4, 4))
        .optStride(new Shape(2, 2))
        .optPadding(new Shape(1, 1))
        .build();
  }
}
