package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.State;
import io.github.steelyard.testing.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves when the disk or the data fail in the middle. */
class TrainingFailureTest {
  private static final String FIRST = "step-000000002.safetensors";

  @TempDir Path folder;

  /** Saves after every second step; the checkpoints after the first are far larger. */
  private static Trainer trainer(RunDirectory directory, boolean growing) {
    TinyRun.Net model = TinyRun.net();
    return new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1)
                .with(t -> t.checkpointEverySteps = 2)
                .with(t -> t.logEvery = 100))
        .callback("ballast", new Ballast(growing ? 2 : Long.MAX_VALUE))
        .runDirectory(directory);
  }

  private static final class Ballast implements Callback {
    private final long lastSmall;
    private long step;

    Ballast(long lastSmall) {
      this.lastSmall = lastSmall;
    }

    @Override
    public void afterStep(TrainingContext context) {
      step = context.step();
    }

    @Override
    public State state() {
      return new State(Map.of("ballast", torch.zeros(step > lastSmall ? 1 << 18 : 1)), Map.of());
    }

    @Override
    public void restore(State state) {
      assertThat(state.tensors()).containsKey("ballast");
    }
  }

  private static void assertStopsAtFourthStep(Throwable e, Path checkpoints) {
    assertThat(e)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("training stopped after step 4")
        .hasMessageContaining("cannot write step-000000004.safetensors in folder " + checkpoints)
        .hasMessageContaining("the newest checkpoint, " + checkpoints.resolve(FIRST))
        .hasMessageContaining("is from before and intact");
  }

  /** Only the first checkpoint is there, and the run goes on from it to its end. */
  private static void assertResumesFromTheFirst(Path run) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    try (Stream<Path> left = Files.list(checkpoints)) {
      assertThat(left)
          .as("nothing half-written is left")
          .containsExactly(checkpoints.resolve(FIRST));
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Trainer trainer = trainer(directory, false);
      assertThat(trainer.resume()).contains(2L);
      assertThat(trainer.run().steps()).isEqualTo(10);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenAProcessThatMayOnlyWriteSmallFiles_whenACheckpointIsLarge_thenTheOneBeforeStays()
      throws Exception {
    Path run = folder.resolve("run");
    // The kernel refuses the write as on a full disk, and anybody may set this limit.
    ChildJvm.Result child =
        ChildJvm.of(LimitedChild.class).limit("ulimit -f 256").argument(run).run();
    assertThat(child.exitCode()).as(child.errors()).isZero();
    assertThat(child.output())
        .startsWith("first: training stopped after step 2")
        .contains("there is no checkpoint from before, so that a resumed run begins anew")
        .endsWith("stopped" + System.lineSeparator());
    assertResumesFromTheFirst(run);
  }

  static final class LimitedChild {
    private LimitedChild() {}

    public static void main(String[] arguments) throws IOException {
      Path other = Path.of(arguments[0] + "-first");
      try (RunDirectory directory = RunDirectory.create(other)) {
        trainer(directory, true).callback("more", new Ballast(-1)).run();
      } catch (UncheckedIOException e) {
        System.out.println("first: " + e.getMessage());
      }
      try (RunDirectory directory = RunDirectory.create(Path.of(arguments[0]))) {
        trainer(directory, true).run();
      } catch (UncheckedIOException e) {
        assertStopsAtFourthStep(e, Path.of(arguments[0], "checkpoints"));
        System.out.println("stopped");
      }
    }
  }

  @Test
  void givenABestCheckpointThatCannotBeWritten_whenTheRunIsResumed_thenItIsWrittenAndNotForgotten()
      throws IOException {
    Path best = folder.resolve("run/checkpoints/best.safetensors");
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      Files.createDirectories(best.resolve("in the way"));
      assertThatThrownBy(() -> evaluated(directory).run())
          .hasMessageContaining(best + ": it is a folder");
    }
    Files.delete(best.resolve("in the way"));
    Files.delete(best);

    try (RunDirectory directory = RunDirectory.resume(folder.resolve("run"))) {
      Trainer trainer = evaluated(directory);
      assertThat(trainer.resume()).contains(8L);
      assertThat(trainer.run().best()).isPresent();
    }
    assertThat(best).isRegularFile();

    Path newest = best.resolveSibling("step-000000010.safetensors");
    try (Stream<Path> all = Files.list(best.getParent())) {
      for (Path step : all.filter(file -> !file.equals(best)).toList()) {
        Files.delete(step);
      }
    }
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("run"))) {
      assertThat(evaluated(directory).resume()).contains(10L);
    }
    assertThat(newest).as("what was killed after the best").isRegularFile();
  }

  private static Trainer evaluated(RunDirectory directory) {
    return trainer(directory, false).evaluate(TinyRun.clouds(2, 32, 8), new Accuracy());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenADiskThatFills_whenACheckpointOrTheLogIsWritten_thenTheCheckpointBeforeStays()
      throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        shell("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk.toString()) == 0,
        "only root can mount a disk of 512 kB");
    try {
      Path run = disk.resolve("run");
      try (RunDirectory directory = RunDirectory.create(run)) {
        assertThatThrownBy(() -> trainer(directory, true).run())
            .satisfies(e -> assertStopsAtFourthStep(e, directory.checkpoints()))
            .hasMessageContaining("No space left on device");
      }
      fillAndWriteTheLog(disk, run);
      assertResumesFromTheFirst(run);
    } finally {
      shell("umount", disk.toString());
    }
  }

  private static void fillAndWriteTheLog(Path disk, Path run) throws IOException {
    Path filling = disk.resolve("filling");
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Trainer trainer =
          trainer(directory, false)
              .callback(
                  "filling",
                  new Callback() {
                    @Override
                    public void afterStep(TrainingContext context) {
                      fill(filling);
                      context.log("filled", Map.of("text", "x".repeat(100_000)));
                    }
                  });
      assertThat(trainer.resume()).contains(2L);
      assertThatThrownBy(trainer::run)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("training stopped after step 3 because its log in " + run)
          .hasMessageContaining("No space left on device")
          .hasMessageContaining("checkpoints from before, if any, are intact");
    }
    Files.delete(filling);
  }

  private static void fill(Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(new byte[4096]);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static int shell(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return -1;
    }
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  /** Ten good batches of which one is replaced. */
  private static BatchSource with(int index, Batch batch) {
    List<Batch> batches = new ArrayList<>();
    TinyRun.clouds().epoch(0, 0).forEachRemaining(batches::add);
    batches.set(index, batch);
    return ComputedBatches.of(batches);
  }

  private static Batch labelled(long label) {
    return new Batch(torch.zeros(2, TinyRun.FEATURES), torch.tensor(new long[] {0, label}));
  }

  @Test
  void givenALabelOutOfRangeAmongTheData_whenTheModelIsTrained_thenTheErrorNamesIt()
      throws IOException {
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      TinyRun.Net model = TinyRun.net();
      Trainer trainer =
          new Trainer(
                  model,
                  TinyRun.adamW(model),
                  with(5, labelled(TinyRun.CLASSES)),
                  new CrossEntropy(),
                  TrainingConfiguration.ofEpochs(1).with(t -> t.checkpointEverySteps = 2))
              .runDirectory(directory);
      assertThatThrownBy(trainer::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the label 3 is out of range")
          .hasMessageContaining("3 classes, so labels are 0 to 2");
      assertThat(directory.newestCheckpoint().orElseThrow().getFileName())
          .hasToString("step-000000004.safetensors");
    }
  }

  @Test
  void givenALabelOutOfRangeAmongTheData_whenTheModelIsEvaluated_thenTheErrorNamesIt() {
    Evaluator evaluator = new Evaluator(with(5, labelled(-1)), List.of(new Accuracy()));
    TinyRun.Net model = TinyRun.net();
    assertThatThrownBy(() -> evaluator.evaluate(model, Device.CPU))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the label -1 is out of range");
    assertThat(model.isTraining()).as("the model has its mode back").isTrue();
  }

  @Test
  void givenASourceWithoutBatches_whenItIsTrainedOrEvaluated_thenTheErrorSaysSo() {
    TinyRun.Net model = TinyRun.net();
    BatchSource empty = ComputedBatches.of(List.of());
    assertThatThrownBy(() -> run(model, empty))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the training source has no batch");
    assertThatThrownBy(() -> new Evaluator(empty, List.of()).evaluate(model, Device.CPU))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the evaluation source has no batch");
  }

  @Test
  void givenBatchesThatAreEmptyOrUneven_whenTheModelIsTrained_thenTheErrorNamesTheShapes() {
    Batch none = new Batch(torch.zeros(0, TinyRun.FEATURES), torch.tensor(new long[0]));
    Batch uneven = new Batch(torch.zeros(4, TinyRun.FEATURES), torch.tensor(new long[] {0, 1}));
    assertThatThrownBy(() -> run(TinyRun.net(), with(1, none)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("an empty batch of shape [0, 8]");
    assertThatThrownBy(() -> run(TinyRun.net(), with(1, uneven)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4 inputs but targets of shape [2]");
  }

  private static void run(TinyRun.Net model, BatchSource source) {
    new Trainer(
            model,
            TinyRun.adamW(model),
            source,
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1))
        .run();
  }
}
