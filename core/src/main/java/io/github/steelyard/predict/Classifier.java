package io.github.steelyard.predict;

import io.github.steelyard.data.Image;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A trained network that is asked about pictures: it prepares them as the network was measured, and
 * answers with the names of its classes.
 *
 * <pre>{@code
 * Classifier classifier = Classifier.open(Path.of("runs/my-photos/exports/model.safetensors"));
 * List<Prediction> answers = classifier.predict(Path.of("photo.jpg"));
 * System.out.println(answers.get(0).name() + " " + answers.get(0).probability());
 * }</pre>
 *
 * <p>Any number of threads may ask at once. Pictures are read and prepared side by side; the
 * network computes one picture after the other, each with all of libtorch's threads.
 */
public final class Classifier {
  /** The key of a file's metadata with the names of the logits in their order, a JSON list. */
  public static final String CLASS_NAMES = "steelyard.class_names";

  private final Module model;
  private final PictureInput input;
  private final List<String> classNames;
  private final Device device;

  /**
   * Asks a network of the program's own.
   *
   * @param model takes [n, channels, height, width] and gives logits [n, classes]; put into
   *     evaluation mode, and not to be changed afterwards
   * @param input how pictures become its inputs
   * @param classNames in the order of the logits; empty to number them
   * @param device where the model is
   * @throws IllegalArgumentException if the model takes no such input, gives no logits of classes,
   *     or gives more or fewer than there are names
   */
  public Classifier(Module model, PictureInput input, List<String> classNames, Device device) {
    this.model = model;
    this.input = input;
    this.device = device;
    model.eval();
    int channels = input.normalization().mean().size();
    int classes =
        compute(new float[channels * input.height() * input.width()]).length; // Of a black picture.
    if (!classNames.isEmpty() && classNames.size() != classes) {
      throw new IllegalArgumentException(
          "the network has %d logits, but there are %d names of classes"
              .formatted(classes, classNames.size()));
    }
    this.classNames =
        classNames.isEmpty()
            ? IntStream.range(0, classes).mapToObj(Integer::toString).toList()
            : List.copyOf(classNames);
  }

  /**
   * Opens a network of the register that this library wrote: a file of {@code steelyard export}
   * (safetensors or packed), or the folder of a run that puts nothing on its weights, whose best
   * weights are taken.
   *
   * @param path the file or folder
   * @return a classifier in the processor's memory
   * @throws io.github.steelyard.io.FileFormatException if the file is of another kind, is damaged,
   *     or does not say which network it holds and how pictures become its inputs; the message says
   *     what to give instead
   * @throws IOException if it cannot be read
   */
  public static Classifier open(Path path) throws IOException {
    return SavedNetwork.open(path);
  }

  /**
   * The names of the classes.
   *
   * @return in the order of the logits
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * How pictures become inputs.
   *
   * @return as the network was measured
   */
  public PictureInput input() {
    return input;
  }

  /**
   * Asks about a picture file.
   *
   * @param picture JPEG, PNG, WebP, TIFF, BMP or GIF
   * @return all classes, the most probable first
   * @throws io.github.steelyard.io.FileFormatException if it is no picture, or damaged
   * @throws IOException if it cannot be read
   */
  public List<Prediction> predict(Path picture) throws IOException {
    return predict(Image.read(picture));
  }

  /**
   * Asks about a picture of Java's.
   *
   * @param picture of any size
   * @return all classes, the most probable first
   * @throws IllegalArgumentException if its samples are floating-point numbers, or neither grey,
   *     RGB nor CMYK
   */
  public List<Prediction> predict(BufferedImage picture) {
    return predict(Image.of(picture));
  }

  /**
   * Asks about an image.
   *
   * @param image of any size and three channels, or of one for a network that takes one
   * @return all classes, the most probable first
   * @throws IllegalStateException if the network's logits are not finite
   */
  public List<Prediction> predict(Image image) {
    float[] logits = logits(image);
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new IllegalStateException(
            "the network's logits are not finite: " + Arrays.toString(logits));
      }
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    List<Prediction> answers = new ArrayList<>();
    for (int label = 0; label < logits.length; label++) {
      double probability = Math.exp(logits[label] - largest) / sum;
      answers.add(new Prediction(label, classNames.get(label), probability));
    }
    answers.sort(Comparator.comparingDouble(Prediction::probability).reversed());
    return answers;
  }

  /**
   * What the network says of an image.
   *
   * @param image of any size and three channels, or of one for a network that takes one
   * @return one logit for each class, in their order
   */
  public float[] logits(Image image) {
    return compute(input.values(image));
  }

  private synchronized float[] compute(float[] values) {
    int channels = input.normalization().mean().size();
    float[][] logits = new float[1][];
    Scope.withoutGradient(
        () -> {
          Tensor one =
              Tensor.create(values, 1, channels, input.height(), input.width())
                  .to(device.torch(), ScalarType.Float);
          Tensor output = EvaluationMode.compute(model, () -> model.forward(one));
          if (output.dim() != 2 || output.size(0) != 1) {
            throw new IllegalArgumentException(
                "the network gives "
                    + Arrays.toString(output.shape())
                    + " for one picture, but logits of classes are [1, classes]");
          }
          logits[0] = new float[Math.toIntExact(output.size(1))];
          output.cpu().to(ScalarType.Float).contiguous().<FloatBuffer>createBuffer().get(logits[0]);
        });
    return logits[0];
  }
}
