package io.github.steelyard.incremental;

import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.InMemoryDataset;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.RandomHorizontalFlip;
import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** A stream of classes, a network and an optimizer small enough to learn within a test. */
public final class TinyStream {
  static final int CLASSES = 6;
  private static final ImageShape SHAPE = new ImageShape(1, 4, 4);

  private TinyStream() {}

  /** Dropout draws and batch normalization has buffers: both must survive an interruption. */
  static final class Net extends Module {
    private final Submodule flatten = submodule("flatten", new Flatten());
    private final Submodule fc1 = submodule("fc1", new Linear(16, 12));
    private final Submodule bn = submodule("bn", new BatchNorm1d(12));
    private final Submodule drop = submodule("drop", new Dropout(0.1));
    private final Submodule head;

    Net(int classes) {
      head = submodule("head", new Linear(12, classes));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor hidden = bn.forward(fc1.forward(flatten.forward(x))).relu();
      return head.forward(drop.forward(hidden));
    }
  }

  /** Images whose bright pixels say the class; each class has as many samples as it is told. */
  static InMemoryDataset data(String name, long seed, int... samples) {
    SplittableRandom random = new SplittableRandom(seed);
    int size = IntStream.of(samples).sum();
    byte[] pixels = new byte[size * SHAPE.values()];
    int[] labels = new int[size];
    int next = 0;
    for (int label = 0; label < samples.length; label++) {
      for (int i = 0; i < samples[label]; i++) {
        labels[next] = label;
        for (int p = 0; p < SHAPE.values(); p++) {
          int bright = p % samples.length == label || p / 3 == label ? 150 : 30;
          pixels[next * SHAPE.values() + p] = (byte) (bright + random.nextInt(80));
        }
        next++;
      }
    }
    List<String> names = IntStream.range(0, samples.length).mapToObj(i -> "class " + i).toList();
    return new InMemoryDataset(name, SHAPE, pixels, labels, names);
  }

  public static StreamData stream() {
    return stream(
        data("tiny (train)", 1, 20, 18, 20, 22, 20, 19), data("tiny (test)", 2, 8, 8, 8, 8, 8, 8));
  }

  static StreamData stream(InMemoryDataset training, InMemoryDataset test) {
    Normalization normalization = new Normalization(List.of(0.5), List.of(0.25));
    return new StreamData(
        training,
        test,
        Preprocessing.of(normalization, new RandomHorizontalFlip(0.1)),
        Preprocessing.of(normalization),
        new LoaderConfiguration(8, true, true, 0, 0, 1));
  }

  static Optimizer adamW(Module model) {
    return new AdamW(ParameterGroup.of(model, 0.01, 0.01), AdamWConfiguration.defaults());
  }

  static IncrementalConfiguration configuration(Strategy strategy) {
    return IncrementalConfiguration.of(
        strategy,
        MemoryConfiguration.total(24),
        TrainingConfiguration.ofEpochs(3).with(t -> t.seed = 5));
  }

  static IncrementalLearner learner(Strategy strategy) {
    return new IncrementalLearner(configuration(strategy), Net::new, TinyStream::adamW);
  }

  static Scenario unequal() {
    return Scenario.of(stream().training(), List.of(2, 1, 3));
  }

  /** Copies that do not change any more. */
  static Map<String, Tensor> copy(Module model) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    Scope.withoutGradient(
        () ->
            model
                .stateDict()
                .forEach((name, tensor) -> copies.put(name, Scope.keep(tensor.detach().clone()))));
    return copies;
  }

  /** Whether two models are the same, bit for bit. */
  static boolean same(Map<String, Tensor> a, Map<String, Tensor> b) {
    return a.keySet().equals(b.keySet())
        && Scope.compute(() -> a.keySet().stream().allMatch(n -> a.get(n).equal(b.get(n))));
  }
}
