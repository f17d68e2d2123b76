package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A network, data and optimizers small enough to train within a test. */
final class TinyRun {
  static final int FEATURES = 8;
  static final int CLASSES = 3;

  private TinyRun() {}

  /** Dropout draws, batch normalization has buffers: both must survive an interruption. */
  static final class Net extends Module {
    private final Submodule fc1;
    private final Submodule bn;
    private final Submodule drop = submodule("drop", new Dropout(0.2));
    private final Submodule fc2;

    Net(int hidden) {
      fc1 = submodule("fc1", new Linear(FEATURES, hidden));
      bn = submodule("bn", new BatchNorm1d(hidden));
      fc2 = submodule("fc2", new Linear(hidden, CLASSES));
    }

    @Override
    public Tensor forward(Tensor x) {
      return fc2.forward(drop.forward(bn.forward(fc1.forward(x)).relu()));
    }
  }

  static Net net() {
    Seeds.set(1);
    return new Net(16);
  }

  static Optimizer adamW(Module model) {
    return new AdamW(ParameterGroup.of(model, 0.01, 0.05), AdamWConfiguration.defaults());
  }

  static Optimizer sgd(Module model) {
    return new SGD(
        ParameterGroup.of(model, 0.05, 0.001), new SGDConfiguration(0.9, 0, false, false));
  }

  /** Three clouds of points; each sample of each epoch gets noise of its own. */
  static BatchSource clouds(int batches, int batchSize, long seed) {
    return new ComputedBatches(batches, (epoch, number) -> cloud(batchSize, seed, epoch, number));
  }

  private static Batch cloud(int batchSize, long seed, long epoch, int index) {
    SplittableRandom random = new SplittableRandom(Seeds.derive(seed, epoch, index));
    float[] inputs = new float[batchSize * FEATURES];
    long[] targets = new long[batchSize];
    for (int i = 0; i < batchSize; i++) {
      targets[i] = random.nextInt(CLASSES);
      for (int j = 0; j < FEATURES; j++) {
        double center = j % CLASSES == targets[i] ? 1.5 : 0;
        inputs[i * FEATURES + j] = (float) (center + random.nextDouble(-1, 1));
      }
    }
    return new Batch(torch.tensor(inputs).reshape(batchSize, FEATURES), torch.tensor(targets));
  }

  static BatchSource clouds() {
    return clouds(10, 16, 7);
  }

  /** All bytes of a model, to be compared bit for bit. */
  static Map<String, String> bits(Map<String, Tensor> tensors) {
    Map<String, String> bits = new LinkedHashMap<>();
    Scope.withoutGradient(
        () ->
            tensors.forEach(
                (name, tensor) -> bits.put(name, TensorChecksum.of(Map.of(name, tensor)))));
    return bits;
  }
}
