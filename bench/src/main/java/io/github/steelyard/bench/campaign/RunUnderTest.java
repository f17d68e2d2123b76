package io.github.steelyard.bench.campaign;

import java.util.List;

/**
 * A tiny run of one of the command's kinds.
 *
 * @param name a row of the table
 * @param recipe its YAML file, beside which {@link #BASE} lies as {@code base.yaml}; {@code FROM}
 *     stands for the folder of a run of it
 * @param continuesItself whether the same command goes on with it
 * @param launcher what stands before {@code run}; empty if nothing
 */
record RunUnderTest(String name, String recipe, boolean continuesItself, List<String> launcher) {
  private static final String DATA =
      """
      model: {name: mlp, hidden: [12, 8]}
      data: {name: fashion-mnist, batch_size: 25, train_samples: 150, test_samples: 60, augment: []}
      """;

  private static final RunUnderTest TRAINING =
      new RunUnderTest(
          "training with attack and export",
          DATA
              + """
              optimizer: {name: adamp, lr: 0.01}
              compander: {a: 5}
              attack: {epsilon: 0.05, samples: 10, attacks: [fgsm]}
              export: {formats: [safetensors, onnx]}
              train: {epochs: 3, log_every: 1, checkpoint_every_steps: 2}
              """,
          false);

  /** Whose two ranks end in the same bits, whenever they are begun anew. */
  static final RunUnderTest RANKS =
      new RunUnderTest(
          "training on two ranks",
          DATA
              + """
              optimizer: {name: adamp, lr: 0.01}
              distributed: {deterministic: true, shards: 2}
              train: {epochs: 3, log_every: 1, checkpoint_every_steps: 2}
              """,
          false,
          List.of("launch", "--processes", "2", "--threads", "1"));

  private static final RunUnderTest PRUNING =
      new RunUnderTest(
          "robust pruning",
          DATA
              + """
              loss: {adversarial: pgd, epsilon: 0.05, steps: 1}
              penalties: {transformed_l1: {strength: 1.0e-5}, log_condition: {strength: 0.01}}
              optimizer: {name: adamw, lr: 0.005}
              pruning: {sparsity: 0.5}
              train: {epochs: 2, average_decay: 0.9, log_every: 1, checkpoint_every_steps: 1}
              """,
          false);

  private static final RunUnderTest QUANTIZATION =
      new RunUnderTest(
          "quantization",
          DATA
              + """
              from: FROM
              optimizer: {name: adamw, lr: 0.002}
              quantization:
                {weight_bits: 4, activation_bits: 4, method: lsq, annealing: {epochs: 1},
                 oscillation: {every: 1}}
              export: {formats: [packed]}
              train: {epochs: 3, checkpoint_every_steps: 2}
              """,
          false);

  private static final RunUnderTest INCREMENTAL =
      new RunUnderTest(
          "class-incremental learning",
          """
          model: {name: mlp, hidden: [8]}
          data: {name: fashion-mnist, batch_size: 20, train_samples: 120, test_samples: 60, augment: []}
          optimizer: {name: sgd, lr: 0.05, momentum: 0.9}
          train: {epochs: 2, checkpoint_every_steps: 1}
          incremental:
            strategies: [finetune, wa]
            steps: [6, 4]
            class_order: dataset
            memory: {total: 20}
          """,
          false);

  private static final RunUnderTest LIFE =
      new RunUnderTest(
          "life of six stages",
          DATA
              + """
              attack: {epsilon: 0.05, samples: 10, attacks: [fgsm]}
              stages:
                - kind: train
                  classes: [Trouser, Coat, Bag]
                  optimizer: {name: adamp, lr: 0.01}
                  train: {epochs: 2}
                - kind: prune
                  optimizer: {name: adamw, lr: 0.005}
                  pruning: {sparsity: 0.5}
                  train: {epochs: 2, checkpoint_every_steps: 1}
                - kind: quantize
                  optimizer: {name: adamw, lr: 0.002}
                  quantization: {weight_bits: 4, activation_bits: 4, method: lsq}
                  train: {epochs: 1}
                - kind: extend
                  classes: [Sandal, Dress]
                  incremental: {memory: {per_class: 4}}
                  optimizer: {name: sgd, lr: 0.02}
                  train: {epochs: 1, checkpoint_every_steps: 1}
                - kind: explain
                  samples: 20
                - kind: export
                  formats: [packed, onnx]
              """,
          false);

  private static final RunUnderTest STUDY =
      new RunUnderTest(
          "study of four runs",
          """
          recipe: base.yaml
          seeds: [0, 1]
          axes:
            variant:
              none: {}
              learned: {compander: {learned: true, ratio: 2}}
          measures: {accuracy: metrics.accuracy, loss: metrics.loss}
          baseline: {variant: none}
          """,
          true);

  private static final RunUnderTest ANALYSIS =
      new RunUnderTest(
          "analysis of a trained network",
          """
          from: FROM
          attack: {epsilon: 0.05, samples: 10, attacks: [fgsm]}
          explain: {samples: 20}
          export: {formats: [safetensors, onnx]}
          """,
          false);

  /** What the study repeats, and the analysis looks at. */
  static final String BASE =
      DATA
          + """
          optimizer: {name: adamw, lr: 0.01}
          train: {epochs: 1, log_every: 1}
          """;

  private RunUnderTest(String name, String recipe, boolean continuesItself) {
    this(name, recipe, continuesItself, List.of());
  }

  static List<RunUnderTest> all() {
    return List.of(TRAINING, PRUNING, QUANTIZATION, INCREMENTAL, LIFE, STUDY, ANALYSIS);
  }
}
