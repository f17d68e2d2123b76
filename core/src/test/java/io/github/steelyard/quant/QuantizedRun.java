package io.github.steelyard.quant;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.nn.models.VisionTransformer;
import io.github.steelyard.nn.models.VisionTransformerConfiguration;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A quantized network and data small enough to train within a test: 3 epochs of 4 steps. */
final class QuantizedRun {
  static final int STEPS = 12;
  static final QuantizationConfiguration STATSQ =
      QuantizationConfiguration.of(2, 2).withQueryKeyReparameterization(false);
  static final QuantizationConfiguration QKR = QuantizationConfiguration.of(2, 2);
  static final QuantizationConfiguration LSQ = STATSQ.withMethod("lsq");

  private static final int SIDE = 8;
  private static final int CLASSES = 3;

  private QuantizedRun() {}

  static Module model(QuantizationConfiguration configuration) {
    Seeds.set(1);
    Module model =
        new VisionTransformer(
            new VisionTransformerConfiguration(
                SIDE, 4, 1, CLASSES, 16, 2, 2, 2, false, TransformerDropout.none()));
    return new PrepareQuantization(configuration, batch(9, 9).inputs()).apply(model);
  }

  /** Two batches a step. */
  static Trainer trainer(Module model, Function<Module, Optimizer> optimizer) {
    return new Trainer(
        model,
        optimizer.apply(model),
        new ComputedBatches(8, QuantizedRun::batch),
        new CrossEntropy(0),
        TrainingConfiguration.ofEpochs(3)
            .with(t -> t.seed = 5)
            .with(t -> t.accumulation = 2)
            .with(t -> t.logEvery = 1));
  }

  static Optimizer adamW(Module model) {
    return new AdamW(ParameterGroup.of(model, 0.02, 0.1), AdamWConfiguration.defaults());
  }

  static Batch batch(long epoch, int index) {
    SplittableRandom random = new SplittableRandom(Seeds.derive(3, epoch, index));
    float[] pixels = new float[8 * SIDE * SIDE];
    long[] targets = new long[8];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = random.nextInt(CLASSES);
      for (int j = 0; j < SIDE * SIDE; j++) {
        pixels[i * SIDE * SIDE + j] = (float) (targets[i] - 1 + random.nextDouble(-1, 1));
      }
    }
    Tensor inputs = torch.tensor(pixels).reshape(targets.length, 1, SIDE, SIDE);
    return new Batch(inputs, torch.tensor(targets));
  }
}
