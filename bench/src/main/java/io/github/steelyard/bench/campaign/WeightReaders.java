package io.github.steelyard.bench.campaign;

import static io.github.steelyard.bench.campaign.Samples.written;

import io.github.steelyard.data.PictureInput;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/** Readers of weights and of what travels with them. */
final class WeightReaders extends ReaderGroup {
  private WeightReaders(Path folder) {
    super(folder);
  }

  static List<Reader> in(Path folder) throws IOException {
    WeightReaders readers = new WeightReaders(folder);
    readers.weights();
    return readers.readers();
  }

  private static Module mlp() {
    Seeds.set(1);
    return Models.create("mlp", options());
  }

  private static ModelOptions options() {
    return ModelOptions.none()
        .with(o -> o.hidden = List.of(8))
        .with(o -> o.imageSize = 8)
        .with(o -> o.classes = 3);
  }

  private void weights() throws IOException {
    Module model = mlp();
    Provenance provenance = Provenance.now(0, Map.of(), Map.of("lr", 0.1), List.of("steelyard"));
    Path file = folder.resolve("made.safetensors");
    byte[] plain = written(file, f -> ModelFile.save(f, model, provenance));
    add("safetensors", "model.safetensors", List.of(plain), false, WeightReaders::tensors);
    add(
        "weights of a model",
        "weights.safetensors",
        List.of(plain),
        false,
        f -> ModelFile.load(f, model));
    State state = new State(model.stateDict(), Map.of("fc1.weight", 18L, "best", 0.5));
    byte[] checkpoint =
        written(
            file, f -> new Checkpoint(Map.of("model", state), Map.of("created", "now")).write(f));
    add(
        "checkpoints",
        "step-000000018.safetensors",
        List.of(checkpoint),
        true,
        WeightReaders::checkpoint);
    byte[] classes =
        written(
            file,
            f ->
                ClassifierFile.save(
                    f, model, ClassMap.empty().with(List.of("a", "b", "c")), provenance));
    add(
        "class maps",
        "classifier.safetensors",
        List.of(classes),
        false,
        f -> ClassifierFile.classes(f).size());
    Scope.run(() -> packed(provenance, file));
    classifier(model, provenance, file);
  }

  private void packed(Provenance provenance, Path file) throws IOException {
    QuantizationConfiguration bits = QuantizationConfiguration.of(4, 4).withMethod("lsq");
    Module model = new PrepareQuantization(bits, torch.rand(4, 1, 8, 8)).apply(mlp());
    Optional<PackedModel.Origin> origin = Optional.of(new PackedModel.Origin("mlp", options()));
    byte[] packed = written(file, f -> PackedModel.save(f, model, bits, origin, provenance));
    add(
        "packed models",
        "model-packed.safetensors",
        List.of(packed),
        true,
        f -> Scope.compute(() -> TensorChecksum.of(PackedModel.load(f).stateDict())));
  }

  private void classifier(Module model, Provenance provenance, Path file) throws IOException {
    Map<String, String> told =
        Map.of(
            PictureInput.KEY,
            """
            {"size": 8, "crop_pct": 1.0, "interpolation": "bilinear", "mean": [0.3], "std": [0.3]}""",
            PackedModel.ORIGIN,
            """
            {"name": "mlp", "options": {"classes": 3, "imageSize": 8, "hidden": [8]}}""",
            Classifier.CLASS_NAMES,
            "[\"a\", \"b\", \"c\"]");
    byte[] whole = written(file, f -> ModelFile.save(f, model, provenance, told));
    add(
        "classifiers",
        "classifier-model.safetensors",
        List.of(whole),
        false,
        f -> Scope.compute(() -> Classifier.open(f).classNames()));
  }

  private static Object tensors(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return Scope.compute(() -> open.readAll().size());
    }
  }

  private static Object checkpoint(Path file) throws IOException {
    return Scope.compute(
        () -> {
          Checkpoint read = Checkpoint.read(file);
          StringBuilder all = new StringBuilder();
          read.parts()
              .forEach(
                  (name, part) ->
                      all.append(name)
                          .append(TensorChecksum.of(part.tensors()))
                          .append(part.values()));
          return all.toString();
        });
  }
}
