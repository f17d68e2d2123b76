package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TensorChecksum;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class QuantizationTransformsTest {
  @TempDir Path folder;

  @Test
  void givenASourceOfSmallBatches_whenAModelIsPreparedFromSomeSamples_thenScalesAreThoseOfThem() {
    Tensor images = SmallModels.images(10);
    Tensor labels = torch.zeros(new long[] {10}, new TensorOptions(ScalarType.Long));
    TensorBatches source = TensorBatches.ordered(images, labels, 3);
    QuantizationConfiguration configuration = SmallModels.configuration(4, "lsq", false);

    Module fromSource =
        new PrepareQuantization(configuration, source, 8).apply(SmallModels.create("mlp"));
    Module fromTensor =
        new PrepareQuantization(configuration, images.narrow(0, 0, 8))
            .apply(SmallModels.create("mlp"));
    Module fromFewer =
        new PrepareQuantization(configuration, images.narrow(0, 0, 3))
            .apply(SmallModels.create("mlp"));

    assertThat(TensorChecksum.of(fromSource.stateDict()))
        .isEqualTo(TensorChecksum.of(fromTensor.stateDict()))
        .isNotEqualTo(TensorChecksum.of(fromFewer.stateDict()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PrepareQuantization(configuration, source, 0))
        .withMessageContaining("at least 1");
  }

  /**
   * Close before any training: the paper's first scales are coarse for 8 bits, and StatsQ clips
   * weights at twice their mean size.
   */
  @ParameterizedTest
  @CsvSource({
    "mlp, lsq, 0.1",
    "resnet8, statsq, 0.5",
    "vit, lsq, 0.5",
    "vit, statsq, 0.5",
    "distilled, statsq, 0.5",
  })
  void givenEightBits_whenAModelIsPrepared_thenItsOutputsStayClose(
      String name, String method, double tolerance) {
    Tensor images = SmallModels.images(8);
    Tensor before = SmallModels.logits(SmallModels.create(name), images);

    Module prepared = SmallModels.prepared(name, SmallModels.configuration(8, method, false));

    Tensor after = SmallModels.logits(prepared, images);
    double relative = after.sub(before).norm().item_double() / before.norm().item_double();
    assertThat(relative).isLessThan(tolerance);
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, 2, lsq, false",
    "mlp, 2, statsq, false",
    "resnet8, 3, lsq, false",
    "vit, 2, statsq, false",
    "vit, 2, statsq, true",
    "vit, 1, lsq, false",
    "distilled, 2, statsq, true",
  })
  void givenAPreparedModel_whenItIsTrained_thenTheLossFallsAndConvertingChangesNothing(
      String name, int bits, String method, boolean reparameterized) {
    Tensor images = SmallModels.images(8);
    Module model =
        SmallModels.prepared(name, SmallModels.configuration(bits, method, reparameterized));

    double[] losses = SmallModels.train(model, images, 12);

    assertThat(losses[12]).isLessThan(losses[0]);
    Tensor expected = SmallModels.logits(model, images);
    Module converted = new ConvertQuantization().apply(model);
    assertThat(torch.equal(converted.forward(images), expected)).isTrue();
    assertThat(QuantizedWeight.of(converted)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsq", "statsq"})
  void givenAPreparedModel_whenAWeightIsMaterialized_thenItIsTheQuantizedOne(String method) {
    Module model = SmallModels.trained("mlp", SmallModels.configuration(3, method, false));
    Tensor images = SmallModels.images(8);
    Tensor expected = SmallModels.logits(model, images);

    model
        .namedModules()
        .values()
        .forEach(module -> module.ownParameters().values().forEach(Parameter::materialize));

    assertThat(torch.equal(SmallModels.logits(model, images), expected)).isTrue();
  }

  /** A weight that is stored at half its size. */
  private static final class Doubled extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.mul(new Scalar(2.0));
    }
  }

  private static final class TwoLayers extends Module {
    private final Submodule first = submodule("first", new Linear(6, 5));
    private final Submodule second = submodule("second", new Linear(5, 3));

    @Override
    public Tensor forward(Tensor input) {
      return second.forward(first.forward(input).relu());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsq", "statsq"})
  void givenAParametrizedWeight_whenItIsQuantized_thenBothMapsHoldInTrainingAndConverting(
      String method) {
    Seeds.set(3);
    TwoLayers model = new TwoLayers();
    Parameter weight = ((Linear) model.getSubmodule("first")).weight();
    weight.parametrize(new Doubled());
    Tensor inputs = torch.randn(8, 6);
    Tensor companded = weight.value().detach().clone();
    Module prepared =
        new PrepareQuantization(SmallModels.configuration(4, method, false), inputs).apply(model);

    QuantizedWeight quantized = QuantizedWeight.of(prepared).get("first.weight");
    assertThat(torch.equal(quantized.latent(), companded)).isTrue();
    assertThat(quantized.parameter()).isEmpty();
    prepared.forward(inputs).sum().backward();
    assertThat(weight.grad().abs().max().item_double()).isPositive();
    Tensor expected = SmallModels.logits(prepared, inputs);
    Module converted = new ConvertQuantization().apply(prepared);
    assertThat(torch.equal(converted.forward(inputs), expected)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"vit, statsq, true", "vit, lsq, false", "resnet8, statsq, false"})
  void givenASavedState_whenItIsLoadedWithoutASample_thenOutputsAreTheSameBits(
      String name, String method, boolean reparameterized) {
    QuantizationConfiguration configuration = SmallModels.configuration(2, method, reparameterized);
    Module model = SmallModels.trained(name, configuration);
    Map<String, Tensor> state = model.stateDict();
    Tensor images = SmallModels.images(8);

    Module loaded =
        PrepareQuantization.withoutSample(configuration).apply(SmallModels.create(name));
    loaded.loadStateDict(state);

    assertThat(torch.equal(SmallModels.logits(loaded, images), SmallModels.logits(model, images)))
        .isTrue();
  }

  @Test
  void givenAllLayersInFloat_whenSomeAreChosenByRule_thenOnlyThoseAreQuantized() {
    LayerBits none = new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT);
    QuantizationConfiguration configuration =
        new QuantizationConfiguration(none, "lsq", false, none, List.of())
            .withLayers("blocks.*.mlp.fc?", new LayerBits(4, LayerBits.FLOAT));

    Module prepared = SmallModels.prepared("vit", configuration);

    assertThat(QuantizedWeight.of(prepared).keySet())
        .containsExactly(
            "blocks.0.mlp.fc1.weight",
            "blocks.0.mlp.fc2.weight",
            "blocks.1.mlp.fc1.weight",
            "blocks.1.mlp.fc2.weight");
  }

  private static Batch batch(int number) {
    float[] pixels = new float[8 * 784];
    SplittableRandom random = new SplittableRandom(number);
    long[] labels = new long[8];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextDouble(-1, 1);
      labels[i / 784] = random.nextInt(10);
    }
    return new Batch(torch.tensor(pixels).reshape(8, 1, 28, 28), torch.tensor(labels));
  }

  private static Trainer trainer(Module model, RunDirectory directory) {
    return new Trainer(
            model,
            new AdamW(ParameterGroup.of(model, 2e-3, 0.01), AdamWConfiguration.defaults()),
            new ComputedBatches(4, (epoch, number) -> batch(number)),
            new CrossEntropy(0),
            TrainingConfiguration.ofEpochs(3).with(t -> t.seed = 4))
        .runDirectory(directory);
  }

  /** Stops as Ctrl-C does. */
  private static Trainer stopping(Trainer trainer, long step) {
    return trainer.callback("stop", new InterruptionAfter(step, trainer::requestStop));
  }

  @ParameterizedTest
  @CsvSource({"vit, statsq, true", "mlp, lsq, false"})
  void givenAQuantizedTrainingThatStops_whenItIsResumed_thenItEndsInTheSameBits(
      String name, String method, boolean reparameterized) throws IOException {
    QuantizationConfiguration configuration = SmallModels.configuration(2, method, reparameterized);
    Module whole = SmallModels.prepared(name, configuration);
    try (RunDirectory directory = RunDirectory.create(folder.resolve("whole"))) {
      assertThat(stopping(trainer(whole, directory), 0).run().outcome())
          .isEqualTo(Outcome.COMPLETED);
    }
    try (RunDirectory directory = RunDirectory.create(folder.resolve("parts"))) {
      Module part = SmallModels.prepared(name, configuration);
      assertThat(stopping(trainer(part, directory), 5).run().outcome())
          .isEqualTo(Outcome.INTERRUPTED);
    }
    Module resumed = SmallModels.prepared(name, configuration);
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("parts"))) {
      Trainer trainer = stopping(trainer(resumed, directory), 0);
      assertThat(trainer.resume()).contains(5L);
      assertThat(trainer.run().outcome()).isEqualTo(Outcome.COMPLETED);
    }
    Map<String, Tensor> end = resumed.stateDict();
    whole
        .stateDict()
        .forEach((key, tensor) -> assertThat(torch.equal(tensor, end.get(key))).as(key).isTrue());
  }
}
