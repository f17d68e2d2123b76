package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Samples of independent parts, whose communities are known: to check whether an analysis finds
 * them. Each channel is a square of independent normal pixels, in 256 levels up to three
 * deviations, and decides one part of the class: whether two random weighted sums, of the first and
 * of the second half of its pixels, have the same sign. A linear network cannot tell, and each
 * combination of parts is a class of its own with the same probability.
 */
public final class IndependentBlocks {
  /** Deviations of a pixel, in grey levels: 255 levels hold three of them on both sides. */
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
    for (int n = 0; n < labels.length; n++) {
      for (int b = 0; b < blocks; b++) {
        double[] sums = new double[2];
        for (int i = 0; i < area; i++) {
          long level = Math.round(MIDDLE + DEVIATION * random.nextGaussian());
          int kept = (int) Math.max(0, Math.min(255, level));
          pixels[n * shape.values() + b * area + i] = (byte) kept;
          sums[2 * i / area] += rule[b * area + i] * (kept - MIDDLE);
        }
        labels[n] = 2 * labels[n] + (sums[0] * sums[1] > 0 ? 1 : 0);
      }
    }
    return new InMemoryDataset(
        "%d independent blocks (%s)".formatted(blocks, FashionMnist.part(split)),
        shape,
        pixels,
        labels,
        classNames(blocks));
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

  /** Gives the pixels mean 0 and deviation 1. */
  static Normalization normalization(IndependentBlocksConfiguration configuration) {
    return new Normalization(
        Collections.nCopies(configuration.blocks(), MIDDLE / 255),
        Collections.nCopies(configuration.blocks(), DEVIATION / 255));
  }
}
