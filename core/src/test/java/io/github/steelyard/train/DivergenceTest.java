package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DivergenceTest {
  @TempDir Path folder;

  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of(
            "the loss is NaN", (Penalty) model -> weight(model).sum().mul(new Scalar(Double.NaN))),
        Arguments.of(
            "the loss is Infinity",
            (Penalty) model -> weight(model).square().sum().div(new Scalar(0.0))),
        Arguments.of(
            // A root at 0: the value is 0, the gradient infinite.
            "the norm of the gradients is Infinity",
            (Penalty) model -> weight(model).sub(weight(model).detach()).sqrt().sum()));
  }

  private static Tensor weight(Module model) {
    return model.namedParameters().get("fc2.weight").value();
  }

  /** The bits of the model at each step, and the loss. */
  private static final class Witness implements Callback {
    private final Map<Long, String> bits = new HashMap<>();
    private final Map<Long, Double> losses = new HashMap<>();

    @Override
    public void afterStep(TrainingContext context) {
      bits.put(context.step(), TinyRun.bits(context.model().stateDict()).toString());
      losses.put(context.step(), context.loss());
    }
  }

  private static Trainer trainer(TinyRun.Net model, Witness witness, RunDirectory directory) {
    return new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1).with(t -> t.checkpointEverySteps = 2))
        .schedule(Schedules.step(3, 0.5))
        .callback("witness", witness)
        .runDirectory(directory);
  }

  /** Nothing for some steps, then the fault. */
  private static Penalty after(int steps, Penalty fault) {
    int[] computed = new int[1];
    return model ->
        computed[0]++ < steps ? weight(model).sum().mul(new Scalar(0.0)) : fault.compute(model);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void givenAFaultAtStepSix_whenTheModelIsTrained_thenTheErrorNamesItAndTheCheckpointStays(
      String what, Penalty fault) throws IOException {
    Path path = folder.resolve("run");
    Witness witness = new Witness();
    try (RunDirectory directory = RunDirectory.create(path)) {
      Trainer trainer =
          trainer(TinyRun.net(), witness, directory).penalty("fault", after(5, fault));

      DivergenceException e = catchThrowableOfType(DivergenceException.class, trainer::run);

      assertThat(e.step()).isEqualTo(6);
      assertThat(e)
          .hasMessageContaining("diverged at step 6: " + what)
          .hasMessageContaining("learning rate 0.005")
          .hasMessageContaining("last finite loss " + witness.losses.get(5L))
          .hasMessageContaining(directory.checkpoints().toString())
          .hasMessageContaining("lower learning rate");
      assertThat(directory.results()).doesNotExist();
    }
    assertThat(files(path.resolve("checkpoints")))
        .containsExactlyInAnyOrder("step-000000002.safetensors", "step-000000004.safetensors");

    try (RunDirectory directory = RunDirectory.resume(path)) {
      TinyRun.Net model = TinyRun.net();
      Trainer mended =
          trainer(model, new Witness(), directory)
              .penalty("fault", after(Integer.MAX_VALUE, fault));
      assertThat(mended.resume()).contains(4L);
      assertThat(TinyRun.bits(model.stateDict())).hasToString(witness.bits.get(4L));
      assertThat(mended.run().steps()).isEqualTo(10);
    }
  }

  @Test
  void givenAFaultInTheFirstStep_whenTheModelIsTrained_thenTheErrorSaysThatThereIsNothingBefore() {
    TinyRun.Net model = TinyRun.net();
    Trainer trainer =
        new Trainer(
                model,
                TinyRun.adamW(model),
                TinyRun.clouds(),
                new CrossEntropy(),
                TrainingConfiguration.ofEpochs(1).with(t -> t.accumulation = 2))
            .penalty("fault", m -> weight(m).sum().mul(new Scalar(Double.NaN)));
    String before = TinyRun.bits(parameters(model)).toString();

    assertThatThrownBy(trainer::run)
        .isInstanceOf(DivergenceException.class)
        .hasMessageContaining("step 1")
        .hasMessageContaining("no finite loss before")
        .hasMessageContaining("no run directory, so no checkpoint");

    assertThat(TinyRun.bits(parameters(model))).hasToString(before);
  }

  private static Map<String, Tensor> parameters(TinyRun.Net model) {
    Map<String, Tensor> tensors = new TreeMap<>();
    for (Map.Entry<String, Parameter> entry : model.namedParameters().entrySet()) {
      tensors.put(entry.getKey(), entry.getValue().tensor());
    }
    return tensors;
  }

  @Test
  void givenWeightsThatBecomeInfinite_whenACheckpointIsDue_thenItIsNotSavedAndTheOneBeforeStays()
      throws IOException {
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      Trainer trainer =
          trainer(TinyRun.net(), new Witness(), directory)
              .callback(
                  "fault",
                  new Callback() {
                    @Override
                    public void afterStep(TrainingContext context) {
                      if (context.step() == 4) {
                        Tensor bias = context.model().namedParameters().get("fc2.bias").tensor();
                        Scope.withoutGradient(
                            () -> bias.fill_(new Scalar(Double.POSITIVE_INFINITY)));
                      }
                    }
                  });

      assertThatThrownBy(trainer::run)
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("step 4")
          .hasMessageContaining("'fc2.bias' holds values that are not finite");

      assertThat(files(directory.checkpoints())).containsExactly("step-000000002.safetensors");
      Path kept = directory.newestCheckpoint().orElseThrow();
      Scope.run(() -> assertFinite(kept));
    }
  }

  private static void assertFinite(Path file) {
    try {
      Checkpoint.read(file)
          .part("model")
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(torch.isfinite(tensor).all().item_bool()).as(name).isTrue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
