package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxRun;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingResult;
import java.nio.file.Path;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a trained file to few bits in files, with nothing said that has a usual value. */
@Tag("once")
class ShortestWayTest {
  private static final LongOptional CLASSES = new LongOptional(1);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"statsq", "lsq"})
  void givenAFileOfWeights_whenItIsTrainedToFewBits_thenTheFilesComputeWhatTheModelDoes(
      String method) throws Exception {
    Seeds.set(0);
    ModelFile.save(folder.resolve("trained.safetensors"), Models.create("vit_mini_patch7_28"));
    QuantizationConfiguration bits = QuantizationConfiguration.of(2, 2).withMethod(method);

    Module trained = Models.create("vit_mini_patch7_28");
    ModelFile.load(folder.resolve("trained.safetensors"), trained);
    DatasetSource data = Datasets.get("fashion-mnist").withSamples(64, 20);
    DataLoader batches = data.trainingLoader(16);
    Module model = new PrepareQuantization(bits, batches).apply(trained);
    AdamP optimizer = new AdamP(ParameterGroup.of(model, 5e-4, 0.05));
    TrainingResult result =
        new Trainer(model, optimizer, batches, new CrossEntropy(), 1)
            .schedule(Schedules.cosine())
            .evaluate(data.evaluationLoader(20), new Accuracy())
            .run();
    Path packed = folder.resolve("packed.safetensors");
    PackedModel.save(packed, model);
    Module converted = new ConvertQuantization().apply(model);
    Path again = folder.resolve("again.safetensors");
    PackedModel.save(again, converted);
    Path onnx = folder.resolve("model.onnx");
    OnnxFile.save(onnx, converted, 1, 28, 28);

    assertThat(result.steps()).isEqualTo(4);
    // The last of four steps of a cosine: (1 + cos(3/4 pi)) / 2.
    assertThat(optimizer.groups().get(0).learningRate() / 5e-4).isBetween(0.14644, 0.14645);
    assertThat(again).hasSameBinaryContentAs(packed);
    assertThat(PackedModel.configuration(packed)).isEqualTo(bits);
    assertThat(ModelFile.provenance(packed)).isEmpty();
    try (var images = data.evaluationLoader(20).epoch(0, 0)) {
      Tensor inputs = images.next().inputs();
      Tensor logits = Scope.computeWithoutGradient(() -> converted.forward(inputs));
      Module loaded = PackedModel.load(packed, Models.create("vit_mini_patch7_28"));
      assertThat(Scope.computeWithoutGradient(() -> loaded.forward(inputs)).equal(logits)).isTrue();
      assertThat(agreement(onnx, inputs, logits)).isGreaterThan(0.9);
    }
  }

  /** The share of samples with the same answer: rounding may move a value to another level. */
  private static double agreement(Path file, Tensor inputs, Tensor logits) throws Exception {
    try (OnnxRun run = new OnnxRun(file)) {
      Tensor same = run.logits(inputs).argmax(CLASSES, false).eq(logits.argmax(CLASSES, false));
      return same.to(ScalarType.Double).mean().item_double();
    }
  }

  @Test
  void givenAModelThatWasNotPrepared_whenItIsPacked_thenTheErrorSaysWhatToDo() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedModel.save(folder.resolve("x"), Models.create("resnet8")))
        .withMessageContaining("was not prepared by PrepareQuantization")
        .withMessageContaining("configuration");
  }
}
