package com.example.stripes;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetProvider;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.InMemoryDataset;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Split;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Grey images of upright or lying stripes: a foreign data set in one file, with options. */
public final class Stripes implements DatasetProvider {
  private static final int SIDE = 16;

  /**
   * What can be chosen.
   *
   * @param samples in each split, at least 2
   * @param noise the largest change of a pixel, from 0 to 127
   */
  public record Options(int samples, int noise) {
    /** Checks the values. */
    public Options {
      if (samples < 2 || noise < 0 || noise > 127) {
        throw new IllegalArgumentException(
            "samples must be at least 2 and noise from 0 to 127, but are "
                + samples
                + " and "
                + noise);
      }
    }
  }

  /** Called by {@link java.util.ServiceLoader}. */
  public Stripes() {}

  @Override
  public List<DatasetSource> datasets() {
    return List.of(
        DatasetSource.generated(
            "stripes",
            "upright and lying stripes, computed",
            Options.class,
            new Options(400, 100),
            options -> new Normalization(List.of(0.5), List.of(0.3)),
            Stripes::draw));
  }

  private static Dataset draw(Options options, Split split) {
    SplittableRandom random = new SplittableRandom(Seeds.derive(8, split == Split.TRAIN ? 0 : 1));
    byte[] pixels = new byte[options.samples() * SIDE * SIDE];
    int[] labels = new int[options.samples()];
    for (int n = 0; n < labels.length; n++) {
      labels[n] = n % 2;
      int phase = random.nextInt(4);
      for (int i = 0; i < SIDE * SIDE; i++) {
        int along = labels[n] == 0 ? i % SIDE : i / SIDE;
        int level = (along + phase) % 4 < 2 ? 170 : 85;
        int noise = options.noise() == 0 ? 0 : random.nextInt(-options.noise(), options.noise());
        pixels[n * SIDE * SIDE + i] = (byte) Math.max(0, Math.min(255, level + noise));
      }
    }
    return new InMemoryDataset(
        "stripes (" + split.name().toLowerCase(Locale.ROOT) + ")",
        new ImageShape(1, SIDE, SIDE),
        pixels,
        labels,
        List.of("upright", "lying"));
  }
}
