package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.example.seventh.StandardizeWeights;
import com.example.seventh.WeightStandardization;
import com.example.seventh.WeightStandardizationConfiguration;
import io.github.steelyard.cli.run.Training;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.AdamPConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Projection;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A method from outside this project, as docs/architecture.md describes it, at all moments. */
class SeventhMethodTest {
  private static final String LAYERS = "layer*.conv*";

  @TempDir Path folder;

  private static Tensor images() {
    return torch
        .arange(new Scalar(16 * 784L))
        .mul(new Scalar(0.37))
        .sin()
        .reshape(16, 1, 28, 28)
        .to(ScalarType.Float);
  }

  private static Module standardized() {
    Seeds.set(2);
    Module model = Models.create("resnet8", ModelOptions.none());
    return new StandardizeWeights(WeightStandardizationConfiguration.of(List.of(LAYERS)))
        .apply(model);
  }

  private static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images()));
  }

  private static double difference(Tensor one, Tensor other) {
    return Scope.computeWithoutGradient(() -> one.sub(other).abs().max().item_double());
  }

  /** What takes part in one training: 2 epochs of 2 steps. */
  private record Training(Module model, AdamP optimizer, Trainer trainer) {
    static Training in(RunDirectory run) {
      Module model = standardized();
      AdamP optimizer =
          new AdamP(ParameterGroup.of(model, 0.01, 0.01), AdamPConfiguration.defaults());
      Tensor labels = torch.arange(new Scalar(16L)).remainder(new Scalar(10L));
      Trainer trainer =
          new Trainer(
                  model,
                  optimizer,
                  TensorBatches.ordered(images(), labels, 8),
                  new CrossEntropy(),
                  TrainingConfiguration.ofEpochs(2))
              .runDirectory(run);
      return new Training(model, optimizer, trainer);
    }
  }

  @Test
  void givenItsProviderOnTheClassPath_whenMethodsAreListed_thenItIsOneOfThem() throws Exception {
    CommandLineRun listed = CommandLineRun.of("methods");
    CommandLineRun explained = CommandLineRun.of("methods", "weight_standardization");

    assertThat(listed.out()).contains("adamp", "weight_standardization");
    assertThat(explained.out()).contains("1903.10520", "WeightStandardizationConfiguration");
    assertThat(CommandLineRun.of("methods", "weight_standardisation").err())
        .contains("did you mean 'weight_standardization'?");
  }

  @Test
  void givenARow_whenItIsStandardized_thenItIsWhatTheFormulaSays() {
    Parameter weight = new Parameter(torch.tensor(new float[] {1, 2, 3, 6}).reshape(1, 2, 2));

    weight.parametrize(new WeightStandardization(0.5));

    // Mean 3, variance 3.5, and epsilon 0.5 make a divisor of 2.
    Tensor expected = torch.tensor(new float[] {-1, -0.5f, 0, 1.5f}).reshape(1, 2, 2);
    assertThat(difference(weight.value(), expected)).isLessThan(1e-6);
  }

  @Test
  void givenARunThatIsStopped_whenItIsResumed_thenItEndsInTheSameBits() throws Exception {
    Training whole;
    try (RunDirectory run = RunDirectory.create(folder.resolve("whole"))) {
      whole = Training.in(run);
      whole.trainer().run();
    }
    try (RunDirectory run = RunDirectory.create(folder.resolve("part"))) {
      Trainer trainer = Training.in(run).trainer();
      trainer
          .callback(
              "stop",
              new Callback() {
                @Override
                public void afterStep(TrainingContext context) {
                  if (context.step() == 3) {
                    trainer.requestStop();
                  }
                }
              })
          .run();
    }
    try (RunDirectory run = RunDirectory.resume(folder.resolve("part"))) {
      Training part = Training.in(run);
      part.trainer().callback("stop", new Callback() {});
      assertThat(part.trainer().resume()).contains(3L);
      part.trainer().run();
      whole
          .model()
          .stateDict()
          .forEach(
              (name, tensor) ->
                  assertThat(part.model().stateDict().get(name).equal(tensor)).as(name).isTrue());
    }
    assertThat(whole.optimizer().projections())
        .containsEntry("layer1.0.conv1.parametrizations.weight.original", Projection.CHANNEL);
  }

  @Test
  void givenATrainedModel_whenItIsMaterializedAndExported_thenEveryFormComputesTheSame()
      throws Exception {
    Training training;
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      training = Training.in(run);
      training.trainer().run();
    }
    Module model = training.model();
    Tensor trained = logits(model);

    LayerWeights.of(model).values().forEach(Parameter::materialize);

    assertThat(difference(logits(model), trained)).isZero();
    Tensor row = model.stateDict().get("layer1.0.conv1.weight").select(0, 0);
    assertThat(row.mean().item_double()).isCloseTo(0, within(1e-5));
    assertThat(row.square().mean().item_double()).isCloseTo(1, within(1e-2));
    Provenance provenance = Provenance.now(2, Map.of(), Map.of(), List.of());
    Path file = folder.resolve("model.safetensors");
    ModelFile.save(file, model, provenance);
    Module plain = Models.create("resnet8", ModelOptions.none());
    ModelFile.load(file, plain);
    assertThat(difference(logits(plain), trained)).isZero();
    Path onnx = folder.resolve("model.onnx");
    OnnxFile.save(onnx, model, new long[] {1, 28, 28}, provenance);
    assertThat(difference(inOnnxRuntime(onnx), trained))
        .isLessThan(1e-5 * Math.max(1, trained.abs().max().item_double()));
  }

  private static Tensor inOnnxRuntime(Path file) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    FloatBuffer pixels = images().createBuffer();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor input =
            OnnxTensor.createTensor(environment, pixels, new long[] {16, 1, 28, 28});
        OrtSession.Result result = session.run(Map.of("input", input))) {
      float[][] logits = (float[][]) result.get("logits").orElseThrow().getValue();
      Tensor rows = torch.empty(logits.length, logits[0].length);
      for (int i = 0; i < logits.length; i++) {
        rows.select(0, i).copy_(torch.tensor(logits[i]));
      }
      return rows;
    }
  }

  @Test
  void givenPatternsThatDoNotFit_whenItIsPutOn_thenTheErrorHelpsAndTheModelIsUnchanged() {
    Module model = standardized();
    List<String> names = List.copyOf(model.stateDict().keySet());

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new StandardizeWeights(
                        WeightStandardizationConfiguration.of(List.of("linear", "layer1.0.conv1")))
                    .apply(model))
        .withMessageContaining("parametrized already");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new StandardizeWeights(WeightStandardizationConfiguration.of(List.of("layer9*")))
                    .apply(model))
        .withMessageContaining("'layer9*' matches no layer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightStandardizationConfiguration(0, List.of("*")))
        .withMessageContaining("epsilon");
    assertThat(model.stateDict().keySet()).containsExactlyElementsOf(names);
  }
}
