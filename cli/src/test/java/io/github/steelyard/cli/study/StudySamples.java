package io.github.steelyard.cli.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A study of two axes, and the recipe that it varies. */
public final class StudySamples {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, train_samples: 500}
      optimizer: {name: adamw, lr: 0.01}
      compander: {a: 3}
      quick:
        train: {epochs: 1}
        data: {train_samples: 50}
      """;
  public static final String STUDY =
      """
      recipe: base.yaml
      seeds: [3, 1]
      axes:
        images:
          100: {data: {train_samples: 100}}
          200: {data: {train_samples: 200}}
        variant:
          none: {compander: null}
          decay_0.1:
            compander: null
            optimizer: {weight_decay: 0.1}
          net: {model: {name: resnet8}}
      baseline: {variant: none}
      quick:
        seeds: [0]
      """;

  private StudySamples() {}

  /** Reads a study that lies beside the recipe {@code base.yaml}. */
  public static Study read(Path folder, String study, boolean quick) throws IOException {
    Files.writeString(folder.resolve("base.yaml"), RECIPE);
    return Study.read(Files.writeString(folder.resolve("small.yaml"), study), quick);
  }
}
