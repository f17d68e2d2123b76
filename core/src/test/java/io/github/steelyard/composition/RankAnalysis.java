package io.github.steelyard.composition;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.interaction.Sources;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.RobustnessEvaluation;
import io.github.steelyard.robust.RobustnessResult;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Calibration;
import io.github.steelyard.train.ConfusionMatrix;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.Mistakes;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What the ranks of tests look at together; a line for each kind of analysis. */
public final class RankAnalysis {
  private static final List<String> LAYERS =
      List.of("input", "hidden1", "hidden2", Segments.OUTPUT);

  /** How often a listener heard of a batch: all ranks alike, or they could not agree on a stop. */
  private static final AtomicInteger HEARD = new AtomicInteger();

  private RankAnalysis() {}

  /** Counts the batches that are read. */
  private record Counted(TensorBatches batches, AtomicInteger read) implements BatchSource {
    @Override
    public int batchesPerEpoch() {
      return batches.batchesPerEpoch();
    }

    @Override
    public long samplesBefore(int batch) {
      return batches.samplesBefore(batch);
    }

    @Override
    public BatchStream epoch(long epoch, int firstBatch) {
      BatchStream stream = batches.epoch(epoch, firstBatch);
      return new BatchStream() {
        @Override
        public boolean hasNext() {
          return stream.hasNext();
        }

        @Override
        public Batch next() {
          read.incrementAndGet();
          return stream.next();
        }

        @Override
        public void close() {
          stream.close();
        }
      };
    }
  }

  public static void main(String[] arguments) throws Exception {
    lines().forEach(System.out::println);
  }

  /** The same in this process, of which the environment says that it is alone. */
  static List<String> lines() {
    try (Distributed ranks = Distributed.fromEnvironment()) {
      List<String> lines = new ArrayList<>();
      Seeds.set(0);
      Module model = Models.create("mlp", ModelOptions.none());
      Tensor inputs = torch.rand(44, 1, 28, 28);
      Tensor targets =
          Scope.computeWithoutGradient(
              () -> model.forward(inputs).argmax(new LongOptional(1), false));
      targets.narrow(0, 0, 15).add_(new Scalar(1)).remainder_(new Scalar(10));
      TensorBatches batches = TensorBatches.ordered(inputs, targets, 10);
      Counted counted = new Counted(batches, new AtomicInteger());
      lines.add("attack " + attack(model, counted));
      lines.add("metrics " + metrics(model, batches));
      for (Sources sources : List.of(Sources.exact(), new Sources(2, 2, 2, 7))) {
        lines.add("basis " + basis(model, inputs, batches, sources));
      }
      metrics(model, TensorBatches.ordered(inputs, targets, 44));
      lines.add("heard " + HEARD);
      System.err.println("read " + counted.read());
      return lines;
    }
  }

  private static String attack(Module model, BatchSource batches) {
    ThreatModel threat = new ThreatModel(0.004, InputDomain.plain(0, 1));
    RobustnessResult result =
        new RobustnessEvaluation(Protocol.quick(), threat, 3)
            .evaluate(model, batches, Device.CPU, (attack, batch, all) -> HEARD.incrementAndGet());
    return result.samples()
        + " "
        + result.cleanAccuracy()
        + " "
        + result.accuracies()
        + " "
        + result.worstCase()
        + " "
        + result.warnings();
  }

  private static String metrics(Module model, TensorBatches batches) {
    Mistakes mistakes = new Mistakes(3);
    Evaluator evaluator =
        new Evaluator(
            batches, List.of(new Accuracy(), new ConfusionMatrix(), new Calibration(), mistakes));
    return evaluator.evaluate(model, Device.CPU) + " " + mistakes.surest();
  }

  private static String basis(Module model, Tensor inputs, TensorBatches batches, Sources sources) {
    StringJoiner numbers = new StringJoiner(" ");
    try (Segments segments = Segments.open(model, LAYERS.subList(1, 4), inputs.narrow(0, 0, 4))) {
      InteractionResult result =
          new InteractionBasis(InteractionConfiguration.local().with(i -> i.sources = sources))
              .listener((phase, done, total) -> HEARD.incrementAndGet())
              .compute(segments, batches);
      result.layers().forEach(layer -> numbers.add(sum(layer.lambda())));
      result.layers().forEach(layer -> numbers.add(sum(layer.gramEigenvalues())));
      result.edges().forEach(edges -> numbers.add(sum(edges.weights())));
      numbers.add(String.valueOf(new Ablation(segments, batches).base().loss()));
    }
    return numbers.toString();
  }

  private static String sum(Tensor tensor) {
    return String.valueOf(tensor.abs().sum().item_double());
  }
}
