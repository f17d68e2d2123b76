package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Samples of independent parts, whose communities are known: to check whether an analysis finds
 * them. Each channel is a square of independent normal pixels, in 256 levels up to three
 * deviations, and decides one part of the class: whether two random weighted sums, of the first and
 * of the second half of its pixels, have the same sign. With cross-talk the second sum is partly
 * the next channel's. A linear network cannot tell, and each combination of parts is a class of its
 * own with the same probability.
 */
public final class IndependentBlocks {
  /** Of the first channel's pixels, in grey levels: 255 levels hold three on both sides. */
  private static final double DEVIATION = 255 / 6.0;

  private static final double MIDDLE = 127.5;

  private IndependentBlocks() {}

  /**
   * Draws one part.
   *
   * @param configuration blocks, size and number of samples
   * @param split which part
   * @return its samples, drawn independently of the other part's
   */
  public static InMemoryDataset draw(IndependentBlocksConfiguration configuration, Split split) {
    int blocks = configuration.blocks();
    int area = configuration.side() * configuration.side();
    ImageShape shape = new ImageShape(blocks, configuration.side(), configuration.side());
    double[] rule =
        normal(new SplittableRandom(Seeds.derive(configuration.blockSeed())), shape.values());
    SplittableRandom random =
        new SplittableRandom(Seeds.derive(configuration.blockSeed(), split == Split.TRAIN ? 1 : 2));
    byte[] pixels = new byte[Math.multiplyExact(configuration.samples(), shape.values())];
    int[] labels = new int[configuration.samples()];
    double[][] scales = scales(rule, configuration);
    double[][] sums = new double[blocks][2];
    for (int n = 0; n < labels.length; n++) {
      for (int b = 0; b < blocks; b++) {
        double deviation = deviation(configuration, b);
        Arrays.fill(sums[b], 0);
        for (int i = 0; i < area; i++) {
          long level = Math.round(MIDDLE + deviation * random.nextGaussian());
          int kept = (int) Math.max(0, Math.min(255, level));
          pixels[n * shape.values() + b * area + i] = (byte) kept;
          sums[b][2 * i / area] += rule[b * area + i] * (kept - MIDDLE);
        }
      }
      for (int b = 0; b < blocks; b++) {
        int next = (b + 1) % blocks;
        double second =
            (1 - configuration.crossTalk()) * sums[b][1] / scales[b][1]
                + configuration.crossTalk() * sums[next][1] / scales[next][1];
        labels[n] = 2 * labels[n] + (sums[b][0] * second > 0 ? 1 : 0);
      }
    }
    return new InMemoryDataset(
        "%d independent blocks (%s)".formatted(blocks, FashionMnist.part(split)),
        shape,
        pixels,
        labels,
        classNames(blocks),
        IntStream.range(0, shape.values()).mapToObj(i -> i / area).toList());
  }

  private static double deviation(IndependentBlocksConfiguration configuration, int block) {
    return DEVIATION * Math.pow(configuration.deviationRatio(), block);
  }

  /** The deviations of the two sums of each block. */
  private static double[][] scales(double[] rule, IndependentBlocksConfiguration configuration) {
    int area = configuration.side() * configuration.side();
    double[][] scales = new double[configuration.blocks()][2];
    for (int i = 0; i < rule.length; i++) {
      scales[i / area][2 * (i % area) / area] += rule[i] * rule[i];
    }
    for (int b = 0; b < scales.length; b++) {
      for (int half = 0; half < 2; half++) {
        scales[b][half] = deviation(configuration, b) * Math.sqrt(scales[b][half]);
      }
    }
    return scales;
  }

  private static double[] normal(SplittableRandom random, int count) {
    return IntStream.range(0, count).mapToDouble(i -> random.nextGaussian()).toArray();
  }

  /** Such as "same, other": what each block decides. */
  private static List<String> classNames(int blocks) {
    return IntStream.range(0, 1 << blocks)
        .mapToObj(
            number ->
                String.join(
                    ", ",
                    IntStream.range(0, blocks)
                        .mapToObj(b -> (number >> (blocks - 1 - b) & 1) == 1 ? "same" : "other")
                        .toList()))
        .toList();
  }

  /** Gives the pixels mean 0 and those of the first channel deviation 1. */
  static Normalization normalization(IndependentBlocksConfiguration configuration) {
    return new Normalization(
        Collections.nCopies(configuration.blocks(), MIDDLE / 255),
        Collections.nCopies(configuration.blocks(), DEVIATION / 255));
  }
}
