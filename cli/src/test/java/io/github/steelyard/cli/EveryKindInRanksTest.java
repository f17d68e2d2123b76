package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One life of all kinds of runs by two ranks, and by one process; gates, then a class more. */
@Tag("once")
class EveryKindInRanksTest {
  private static final String DETERMINISTIC =
      "    distributed: {deterministic: true, shards: 2, check_every: 1}\n";
  private static final String LIFE =
      """
      model: {name: mlp, hidden: [12, 10]}
      data: {name: fashion-mnist, batch_size: 16, evaluation_batch_size: 12, train_samples: 80,
        test_samples: 48, workers: 0, augment: []}
      stages:
        - kind: train
          classes: [Trouser, Coat, Bag]
          loss: {adversarial: pgd, epsilon: 0.05, steps: 2}
          optimizer: {name: adamp}
          train: {epochs: 1}
      DISTRIBUTED
        - kind: extend
          classes: [Sandal]
          incremental: {memory: {per_class: 6, selection: herding}}
          optimizer: {name: sgd, lr: 0.05}
          train: {epochs: 1}
      DISTRIBUTED
        - kind: prune
          loss: {adversarial: pgd, epsilon: 0.05, steps: 2}
          penalties: {transformed_l1: {strength: 1.0e-5}}
          optimizer: {name: adamw}
          pruning: {sparsity: 0.5}
          train: {epochs: 1, average_decay: 0.9}
      DISTRIBUTED
        - kind: quantize
          loss: {teacher: full_precision}
          optimizer: {name: adamw}
          quantization: {weight_bits: 4, activation_bits: 8, method: lsq, annealing: {epochs: 1},
            oscillation: {every: 1}}
          train: {epochs: 2}
      DISTRIBUTED
        - {kind: export, formats: [packed]}
      """
          .replace("DISTRIBUTED\n", DETERMINISTIC);

  private static final String GATES =
      """
      model: {name: mlp, hidden: [12, 10]}
      data: {name: fashion-mnist, batch_size: 16, evaluation_batch_size: 12, train_samples: 80,
        test_samples: 48, workers: 0, augment: []}
      loss: {adversarial: trades_published, epsilon: 0.05, step_size: 0.03, steps: 1, beta: 6}
      gates: {inputs: [fc2, fc3], drop_rate: 0.6}
      penalties: {tsc: {lambda: 0.2, strength: 160}, cnc: {}}
      optimizer: {name: sgd, lr: 0.05}
      train: {epochs: 2}
      distributed: {deterministic: true, shards: 2, check_every: 1}
      """;

  @TempDir static Path folder;

  @BeforeAll
  static void live() throws IOException {
    Path recipe = Files.writeString(folder.resolve("life.yaml"), LIFE);
    Files.writeString(folder.resolve("gates.yaml"), GATES);
    Path study =
        Files.writeString(
            folder.resolve("study.yaml"),
            "recipe: gates.yaml\nseeds: [0]\naxes: {gates: {open: {}}}\n");
    for (int processes : List.of(1, 2)) {
      Path life = life(processes);
      succeed(processes, "run", recipe.toString(), "--folder", life.toString());
      succeed(processes, "run", study.toString(), "--folder", life.resolve("study").toString());
    }
  }

  private static Path life(int processes) {
    return folder.resolve(String.valueOf(processes));
  }

  /** By one process, which is this one, or by those that are launched. */
  private static void succeed(int processes, String... command) {
    List<String> words = new ArrayList<>();
    if (processes > 1) {
      words.addAll(List.of("launch", "--processes", "2", "--threads", "1"));
    }
    words.addAll(List.of(command));
    CommandLineRun run = CommandLineRun.of(words.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
  }

  /** The checksum of the tensors of each file in a stage, and what else came out. */
  private static Map<String, Object> left(int processes, String stage) throws IOException {
    Path root = life(processes).resolve(stage);
    Map<String, Object> left = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        if (name.endsWith(".safetensors")) {
          left.put(name, Scope.compute(() -> TensorChecksum.of(RunFolders.read(file))));
        } else if (name.endsWith("results.json")) {
          left.put(name, comparable(new ObjectMapper().readTree(file.toFile())));
        }
      }
    }
    return left;
  }

  /** Without times and paths. */
  private static JsonNode comparable(JsonNode results) {
    for (JsonNode node : results.findParents("seconds")) {
      ((ObjectNode) node).remove("seconds");
    }
    ((ObjectNode) results).remove(List.of("provenance", "checksum"));
    results.findParents("file").forEach(node -> ((ObjectNode) node).remove("file"));
    results.findParents("report").forEach(node -> ((ObjectNode) node).remove("report"));
    return results;
  }

  private static void assertSame(String stage, String... files) throws IOException {
    Map<String, Object> two = left(2, stage);
    assertThat(two).containsKeys(files).isEqualTo(left(1, stage));
  }

  @Test
  void givenAnAdversarialLoss_whenTwoRanksTrain_thenTheWeightsAreThoseOfOneProcess()
      throws IOException {
    assertSame("1-train", "results.json", "checkpoints/best.safetensors");
  }

  @Test
  void givenExemplarsByHerding_whenTwoRanksLearnAClass_thenTheyChooseThoseOfOneProcess()
      throws IOException {
    assertSame("2-extend", "checkpoints/learner.safetensors", "exports/classifier.safetensors");
  }

  @Test
  void givenPruningUnderAttacks_whenTwoRanksPrune_thenMasksAndWeightsAreThoseOfOneProcess()
      throws IOException {
    assertSame("3-prune", "results.json", "checkpoints/before_pruning.safetensors");
  }

  @Test
  void givenAnnealingAndOscillation_whenTwoRanksQuantize_thenWhatTheySeeIsThatOfOneProcess()
      throws IOException {
    assertSame("4-quantize", "results.json", "checkpoints/best.safetensors");
    assertThat(left(2, "4-quantize").get("results.json").toString())
        .contains("oscillation", "quantized");
  }

  @Test
  void givenTheStagesBefore_whenTwoRanksExport_thenTheFileIsThatOfOneProcess() throws IOException {
    assertSame("5-export", "exports/model-packed.safetensors");
  }

  @Test
  void givenAStudyOfTrainingWithGates_whenTwoRanksMakeIt_thenGatesAndWeightsAreThoseOfOneProcess()
      throws IOException {
    assertSame("study/open/seed-0", "results.json", "exports/compact.safetensors");
  }

  @Test
  void givenALearnedRun_whenTwoRanksExtendIt_thenTheClassifierIsThatOfOneProcess()
      throws IOException {
    String classifier = "exports/classifier.safetensors";
    Object before = left(2, "2-extend").get(classifier);
    for (int processes : List.of(1, 2)) {
      Path run = life(processes).resolve("2-extend");
      RunFolders.copy(run, life(processes).resolve("extended"));
      succeed(
          processes,
          "extend",
          life(processes).resolve("extended").toString(),
          "--classes",
          "Sneaker");
    }
    assertSame("extended", classifier);
    assertThat(left(2, "extended").get(classifier)).isNotEqualTo(before);
  }
}
