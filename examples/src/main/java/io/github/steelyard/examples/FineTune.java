package io.github.steelyard.examples;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.data.Split;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxOptions;
import io.github.steelyard.nn.FreezeParameters;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A network that knows something else learns a folder of pictures, in a loop that is all here.
 * {@code FineTune PICTURES WEIGHTS.safetensors OUTPUT EPOCHS}
 */
public final class FineTune {
  /** The middle square of a picture, in colour. */
  static final PictureInput INPUT =
      new PictureInput(28, 28, 1, Interpolation.BILINEAR, Normalization.IMAGENET);

  /** The file that {@link ExtendLater} goes on from. */
  static final String CLASSIFIER = "classifier.safetensors";

  private FineTune() {}

  /**
   * Trains, measures after each epoch, and writes a file for services and one to go on from.
   *
   * @param arguments a folder of class folders, weights, the folder to write to, epochs
   * @throws IOException if files cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Seeds.set(0);
    Dataset training = open(Path.of(arguments[0]), Split.TRAIN);
    DataLoader batches =
        new DataLoader(training, INPUT.measuring(), LoaderConfiguration.training(16, 0));
    DataLoader test =
        new DataLoader(
            open(Path.of(arguments[0]), Split.TEST),
            INPUT.measuring(),
            LoaderConfiguration.evaluation(64));

    Module model = network(training.classNames().size());
    ModelFile.load(Path.of(arguments[1]), model).changes().forEach(System.out::println);
    new FreezeParameters(List.of("conv1")).apply(model);
    AdamW optimizer = new AdamW(ParameterGroup.of(model, 3e-3, 0.05));
    Evaluator evaluator = new Evaluator(test, List.of(new Accuracy()));

    for (int epoch = 0; epoch < Integer.parseInt(arguments[3]); epoch++) {
      try (BatchStream stream = batches.epoch(epoch, 0)) {
        while (stream.hasNext()) {
          Scope.run(
              () -> {
                Batch batch = stream.next();
                Tensor loss =
                    torch.cross_entropy_loss(model.forward(batch.inputs()), batch.targets());
                optimizer.zeroGrad();
                loss.backward();
                optimizer.step();
              });
        }
      }
      System.out.println("epoch " + (epoch + 1) + ": " + evaluator.evaluate(model, Device.CPU));
    }
    save(Path.of(arguments[2]), model, ClassMap.empty().with(training.classNames()));
  }

  static Dataset open(Path folder, Split split) throws IOException {
    return ImageFolder.open(folder, split, ImageFolderConfiguration.defaults());
  }

  static Module network(int classes) {
    ModelOptions color = ModelOptions.none().with(o -> o.inputChannels = 3);
    return Models.create("resnet8", color.with(o -> o.classes = classes));
  }

  /** Writes {@code classifier.safetensors} and {@code model.onnx}, each whole or not at all. */
  static void save(Path folder, Module model, ClassMap classes) throws IOException {
    Files.createDirectories(folder);
    Provenance made = Provenance.now(0, Map.of(), Map.of(), List.of());
    ClassifierFile.save(folder.resolve(CLASSIFIER), model, classes, made);
    OnnxFile.save(
        folder.resolve("model.onnx"),
        model,
        INPUT.inGraph(),
        OnnxOptions.defaults(),
        made,
        Map.of(Classifier.CLASS_NAMES, new JsonMapper().writeValueAsString(classes.classes())));
  }
}
