package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Many steps with the Trainer, which frees each step's tensors, and fewer of the same in a plain
 * loop without scopes, which leaves them to Java's collector: the bound holds for the one only.
 */
class MemoryTest {
  private static final int SCOPED_STEPS = 300;
  private static final int UNSCOPED_STEPS = 180;
  private static final int WARM_UP = 50;
  private static final long BOUND_MIB = 100;

  @BeforeEach
  void needsProc() {
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "resident memory is read from /proc");
  }

  @Test
  void givenTheTrainer_whenItTrainsManySteps_thenResidentMemoryStaysFlat() throws Exception {
    assertThat(growthMib("trainer", SCOPED_STEPS)).isLessThan(BOUND_MIB);
  }

  @Test
  void givenALoopWithoutScopes_whenItTrainsManySteps_thenTheBoundIsBroken() throws Exception {
    assertThat(growthMib("unscoped", UNSCOPED_STEPS)).isGreaterThan(BOUND_MIB);
  }

  private static long growthMib(String kind, int steps) throws Exception {
    ChildJvm.Result result =
        ChildJvm.of(Child.class).option("-Xmx512m").argument(kind).argument(steps).run();
    assertThat(result.exitCode()).as(result.errors()).isZero();
    return Long.parseLong(result.output().strip());
  }

  /** Prints by how many MiB the resident memory grew after the warm-up. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      BatchSource source =
          new ComputedBatches(Integer.parseInt(arguments[1]), (epoch, number) -> noise());
      Module model = new Sequential(new Linear(256, 64), new Linear(64, 10));
      long[] before = new long[1];
      if (arguments[0].equals("trainer")) {
        new Trainer(
                model,
                TinyRun.adamW(model),
                source,
                new CrossEntropy(),
                TrainingConfiguration.ofEpochs(1))
            .callback(
                "memory",
                new Callback() {
                  @Override
                  public void afterStep(TrainingContext context) {
                    if (context.step() == WARM_UP) {
                      before[0] = residentMib();
                    }
                  }
                })
            .run();
      } else {
        BatchStream stream = source.epoch(0, 0);
        CrossEntropy loss = new CrossEntropy();
        var optimizer = TinyRun.adamW(model);
        for (int step = 1; stream.hasNext(); step++) {
          optimizer.zeroGrad();
          loss.compute(model, stream.next()).loss().backward();
          optimizer.step();
          if (step == WARM_UP) {
            before[0] = residentMib();
          }
        }
      }
      System.out.println(residentMib() - before[0]);
    }

    private static long residentMib() {
      try {
        List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
        String line = lines.stream().filter(l -> l.startsWith("VmRSS")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** 1 MiB. */
  private static Batch noise() {
    return new Batch(
        torch.rand(1024, 256), torch.rand(1024).mul(new Scalar(10.0)).to(ScalarType.Long));
  }
}
