package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Two pictures of clothes side by side, whose communities are known: to check whether an analysis
 * finds two independent parts in real pictures, as {@link IndependentBlocks} do in drawn numbers.
 * Each channel is a picture of the built-in Fashion-MNIST, drawn with replacement and independently
 * of the other, and decides one part of the class: its kind. The pictures of the test part are
 * those of Fashion-MNIST's.
 */
final class TwoPictures {
  private static final int WHOLE = 28;
  private static final int PICTURES = 2;

  private TwoPictures() {}

  /**
   * Draws one part.
   *
   * @param configuration kinds, size and number of samples
   * @param split which part
   * @return its samples; the class of kinds k and l is k * kinds + l
   */
  static InMemoryDataset draw(TwoPicturesConfiguration configuration, Split split)
      throws IOException {
    Dataset clothes = FashionMnist.builtIn(split);
    int kinds = configuration.kinds();
    int[] eligible =
        IntStream.range(0, clothes.size()).filter(i -> clothes.label(i) < kinds).toArray();
    SplittableRandom random =
        new SplittableRandom(Seeds.derive(configuration.pairSeed(), split == Split.TRAIN ? 1 : 2));
    int side = configuration.side();
    ImageShape shape = new ImageShape(PICTURES, side, side);
    byte[] pixels = new byte[Math.multiplyExact(configuration.samples(), shape.values())];
    int[] labels = new int[configuration.samples()];
    for (int n = 0; n < labels.length; n++) {
      for (int p = 0; p < PICTURES; p++) {
        Sample sample = clothes.sample(eligible[random.nextInt(eligible.length)]);
        reduce(sample.image().pixels(), side, pixels, (n * PICTURES + p) * side * side);
        labels[n] = labels[n] * kinds + sample.label();
      }
    }
    return new InMemoryDataset(
        "two pictures of clothes (%s)".formatted(FashionMnist.part(split)),
        shape,
        pixels,
        labels,
        classNames(kinds),
        IntStream.range(0, shape.values()).mapToObj(i -> i / (side * side)).toList());
  }

  /** Writes the means of square parts of a picture. */
  private static void reduce(byte[] picture, int side, byte[] reduced, int from) {
    int part = WHOLE / side;
    for (int i = 0; i < side * side; i++) {
      int sum = 0;
      for (int j = 0; j < part * part; j++) {
        int row = i / side * part + j / part;
        sum += Byte.toUnsignedInt(picture[row * WHOLE + i % side * part + j % part]);
      }
      reduced[from + i] = (byte) Math.round((float) sum / (part * part));
    }
  }

  private static List<String> classNames(int kinds) {
    List<String> names = FashionMnist.CLASS_NAMES.subList(0, kinds);
    return names.stream()
        .flatMap(first -> names.stream().map(second -> first + ", " + second))
        .toList();
  }

  /** Fashion-MNIST's, for each picture. */
  static Normalization normalization(TwoPicturesConfiguration configuration) {
    Normalization one = Normalization.FASHION_MNIST;
    return new Normalization(
        List.of(one.mean().get(0), one.mean().get(0)),
        List.of(one.deviation().get(0), one.deviation().get(0)));
  }
}
