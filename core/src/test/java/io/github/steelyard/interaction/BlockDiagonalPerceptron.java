package io.github.steelyard.interaction;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.MultilayerPerceptron;
import io.github.steelyard.nn.models.MultilayerPerceptronConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A perceptron of independent blocks, whose communities are known: to check whether an analysis
 * finds them. All layers have the same width, the sum of the blocks' widths; weights between blocks
 * are 0, those within block b are normal with {@code deviations[b]}, biases all the same number.
 *
 * @param hiddenLayers at least 1
 * @param widths the blocks' widths, each at least 1
 * @param deviations the blocks' weights' standard deviations, each above 0
 * @param activation between the layers
 * @param bias the value of all biases
 * @param seed decides the weights; another one for each layer is derived from it
 */
public record BlockDiagonalPerceptron(
    int hiddenLayers,
    List<Integer> widths,
    List<Double> deviations,
    Activation activation,
    double bias,
    long seed) {
  private static final int MOST_SAMPLES = 1_000_000;

  /**
   * Checks the numbers.
   *
   * @param hiddenLayers at least 1
   * @param widths the blocks' widths
   * @param deviations the blocks' weights' standard deviations
   * @param activation between the layers
   * @param bias the value of all biases
   * @param seed decides the weights
   * @throws IllegalArgumentException if a number is out of range or there are not as many
   *     deviations as widths
   */
  public BlockDiagonalPerceptron {
    widths = List.copyOf(widths);
    deviations = List.copyOf(deviations);
    if (hiddenLayers < 1) {
      throw new IllegalArgumentException("hiddenLayers must be at least 1, but is " + hiddenLayers);
    }
    if (widths.isEmpty() || widths.size() != deviations.size()) {
      throw new IllegalArgumentException(
          "each block needs a width and a deviation, but there are %d and %d"
              .formatted(widths.size(), deviations.size()));
    }
    if (widths.stream().anyMatch(w -> w < 1) || deviations.stream().anyMatch(d -> !(d > 0))) {
      throw new IllegalArgumentException(
          "widths must be at least 1 and deviations above 0, but are %s and %s"
              .formatted(widths, deviations));
    }
  }

  private int width() {
    return widths.stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * Makes the network.
   *
   * @return a perceptron of float32 with as many outputs as inputs
   */
  public Module model() {
    int width = width();
    Module model =
        new MultilayerPerceptron(
            new MultilayerPerceptronConfiguration(
                width, Collections.nCopies(hiddenLayers, width), width, activation, 0));
    for (int layer = 0; layer <= hiddenLayers; layer++) {
      Linear linear = (Linear) model.getSubmodule("fc" + (layer + 1));
      float[] weights = weights(Seeds.derive(seed, layer));
      Scope.withoutGradient(
          () -> {
            linear.weight().assign(Tensor.create(weights, width, width));
            linear
                .bias()
                .orElseThrow()
                .assign(torch.zeros(new long[] {width}).add(new Scalar(bias)));
          });
    }
    return model;
  }

  private float[] weights(long layerSeed) {
    SplittableRandom random = new SplittableRandom(layerSeed);
    int width = width();
    float[] weights = new float[width * width];
    int start = 0;
    for (int b = 0; b < widths.size(); b++) {
      int end = start + widths.get(b);
      for (int i = start; i < end; i++) {
        for (int j = start; j < end; j++) {
          weights[i * width + j] = (float) (deviations.get(b) * random.nextGaussian());
        }
      }
      start = end;
    }
    return weights;
  }

  /**
   * Which block a coordinate belongs to.
   *
   * @param coordinate from 0
   * @return the block's number, from 0
   * @throws IndexOutOfBoundsException if there is no such coordinate
   */
  public int blockOf(int coordinate) {
    int end = 0;
    for (int b = 0; b < widths.size(); b++) {
      end += widths.get(b);
      if (coordinate >= 0 && coordinate < end) {
        return b;
      }
    }
    throw new IndexOutOfBoundsException("there is no coordinate " + coordinate + " of " + width());
  }

  /**
   * Normal inputs, every combination of some samples of each block: the blocks are independent
   * exactly, not only in the mean over many samples.
   *
   * @param samplesPerBlock how many are drawn for each block, at least 1
   * @param batchSize samples in a batch, at least 1
   * @return {@code samplesPerBlock ^ blocks} inputs, with targets that are all 0
   * @throws IllegalArgumentException if a number is below 1 or there would be more than a million
   *     inputs
   */
  public TensorBatches data(int samplesPerBlock, int batchSize) {
    double count = Math.pow(samplesPerBlock, widths.size());
    if (samplesPerBlock < 1 || count > MOST_SAMPLES) {
      throw new IllegalArgumentException(
          "samplesPerBlock must be at least 1 and at most %d for %d blocks, but is %d"
              .formatted(
                  (int) Math.pow(MOST_SAMPLES, 1.0 / widths.size()),
                  widths.size(),
                  samplesPerBlock));
    }
    SplittableRandom random = new SplittableRandom(Seeds.derive(seed, -1));
    float[] drawn = new float[samplesPerBlock * width()];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) random.nextGaussian();
    }
    int samples = (int) count;
    float[] values = new float[Math.multiplyExact(samples, width())];
    for (int n = 0; n < samples; n++) {
      int rest = n;
      int start = 0;
      for (int width : widths) {
        int from = rest % samplesPerBlock * width() + start;
        System.arraycopy(drawn, from, values, n * width() + start, width);
        rest /= samplesPerBlock;
        start += width;
      }
    }
    return Scope.compute(
        () ->
            TensorBatches.ordered(
                Tensor.create(values, samples, width()),
                torch.zeros(new long[] {samples}, new TensorOptions(ScalarType.Long)),
                batchSize));
  }
}
