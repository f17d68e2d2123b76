package com.example.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.example.stripes.Stripes;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelEntry;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network and a data set from outside, found by their names, go through a model's life. */
class ForeignNetworkAndDataTest {
  private static final Provenance PROVENANCE =
      Provenance.now(1, Map.of(), Map.of("data", "stripes"), List.of());

  @Test
  void givenBothByName_whenTrainedAndQuantized_thenTheyLearnAndFilesBringTheModelBack(
      @TempDir Path folder) throws Exception {
    DatasetSource source = Datasets.get("stripes");
    Dataset data = source.open(Split.TRAIN);
    Seeds.set(1);
    Module model = Models.create("residual-mlp");
    train(model, source, data);
    assertThat(accuracy(model, source)).isGreaterThan(0.95);

    OnnxFile.save(folder.resolve("model.onnx"), model, new long[] {1, 16, 16}, PROVENANCE);
    QuantizationConfiguration configuration = QuantizationConfiguration.of(4, 8).withMethod("lsq");
    Module prepared = new PrepareQuantization(configuration, images()).apply(model);
    train(prepared, source, data);
    assertThat(accuracy(prepared, source)).isGreaterThan(0.95);
    Path packed = folder.resolve("packed.safetensors");
    PackedModel.save(
        packed,
        prepared,
        configuration,
        Optional.of(new PackedModel.Origin("residual-mlp", ModelOptions.none())),
        PROVENANCE);
    assertThat(torch.equal(logits(PackedModel.load(packed)), logits(prepared))).isTrue();
  }

  @Test
  void givenOptions_whenMade_thenTheyCountAndWhatDoesNotSuitIsTold() throws Exception {
    ModelEntry entry = Models.get("residual-mlp");
    assertThat(Models.countParameters(Models.create("residual-mlp")))
        .isEqualTo(entry.parameterCount());
    assertThat(entry.inputShape()).containsExactly(1, 16, 16);
    ModelOptions three = ModelOptions.none().with(o -> o.classes = 3);
    assertThat(Models.create("residual-mlp", three).forward(images()).shape())
        .containsExactly(4, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Models.create("residual-mlp", three.with(o -> o.dropout = 0.5)))
        .withMessageContaining("'residual-mlp' has no option 'dropout'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Models.create("residual-mpl"))
        .withMessageContaining("did you mean 'residual-mlp'");

    DatasetSource few = Datasets.get("stripes").withOptions(new Stripes.Options(6, 0));
    assertThat(few.open(Split.TEST).size()).isEqualTo(6);
    assertThat(few.open(Split.TEST).fingerprint())
        .isEqualTo(few.open(Split.TEST).fingerprint())
        .isNotEqualTo(few.open(Split.TRAIN).fingerprint());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Datasets.get("stripe"))
        .withMessageContaining("did you mean 'stripes'");
  }

  private static void train(Module model, DatasetSource source, Dataset data) throws Exception {
    new Trainer(
            model,
            Optimizers.create("adamw", ParameterGroup.of(model, 3e-3, 0.01), Map.of()),
            new DataLoader(
                data, source.trainingPreprocessing(), LoaderConfiguration.training(40, 0)),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(3).with(t -> t.seed = 2))
        .run();
  }

  private static double accuracy(Module model, DatasetSource source) throws Exception {
    Accuracy accuracy = new Accuracy(1);
    DataLoader loader =
        new DataLoader(
            source.open(Split.TEST),
            source.evaluationPreprocessing(),
            LoaderConfiguration.training(40, 0));
    new Evaluator(loader, new CrossEntropy(), List.of(accuracy)).evaluate(model, Device.CPU);
    return accuracy.value();
  }

  private static Tensor images() {
    Seeds.set(6);
    return torch.randn(4, 1, 16, 16);
  }

  private static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images()));
  }
}
