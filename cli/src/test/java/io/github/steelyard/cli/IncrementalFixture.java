package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import io.github.steelyard.cli.incremental.StrategyKind;
import io.github.steelyard.cli.incremental.StrategyWork;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RunPlace;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A tiny class-incremental run: 7 classes of Fashion-MNIST in steps of 4 and 3, in seconds. */
public final class IncrementalFixture {
  public static final String RECIPE =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 400, test_samples: 200, augment: []}
      optimizer: {name: sgd, lr: 0.05, momentum: 0.9}
      train: {epochs: 2, evaluate_every: 2, log_every: 2, checkpoint_every_steps: 1}
      incremental:
        strategies: [finetune, wa, icarl]
        steps: [4, 3]
        class_order: dataset
        memory: {total: 36}
      """;

  private IncrementalFixture() {}

  public static Path write(Path folder) throws IOException {
    return Files.writeString(folder.resolve("small.yaml"), RECIPE);
  }

  /** Runs a command that must succeed. */
  public static CommandLineRun run(String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  public static IncrementalStudy study(Path recipe, String... settings) throws IOException {
    return new IncrementalStudy(ReadRecipes.file(recipe, settings), List.of("test"));
  }

  /** Learns all steps of a study. */
  public static void learn(IncrementalStudy study, String strategy, Path folder)
      throws IOException {
    learn(study, strategy, folder, Stop.never());
  }

  /** Goes on within an epoch again and again, each time stopped after one optimizer step. */
  public static void stopOften(IncrementalStudy study, String strategy, Path folder, int times)
      throws IOException {
    for (int i = 0; i < times; i++) {
      stop(study, strategy, folder);
    }
  }

  /** Learns one optimizer step more, as Ctrl-C has it; how many steps of classes are learned. */
  public static int stop(IncrementalStudy study, String strategy, Path folder) throws IOException {
    return learn(study, strategy, folder, stopsAfterOneStep()).learned();
  }

  /** Asked to stop as soon as work begins. */
  public static Stop stopsAfterOneStep() {
    return Stop.requestedAtWork();
  }

  private static StrategyWork learn(IncrementalStudy study, String strategy, Path folder, Stop stop)
      throws IOException {
    Session session = new Session(new PrintWriter(Writer.nullWriter()), List.of("test"), stop);
    StrategyWork work = new StrategyWork(study, strategy, session);
    new Engine(session)
        .run(new StrategyKind(), work.recipe(), RunPlace.continuing(folder), target -> work);
    return work;
  }

  /** What a strategy's results say, without how long it took. */
  public static JsonNode results(Path folder) throws IOException {
    JsonNode results = Json.MAPPER.readTree(folder.resolve("results.json").toFile());
    ((ObjectNode) results).remove(List.of("seconds", "checksum")); // the time decides both
    return results;
  }

  /** The classifiers of two strategies' folders are the same, bit for bit. */
  public static void requireSameWeights(Path expected, Path found) {
    String file = "exports/classifier.safetensors";
    RunFolders.requireEqual(expected.resolve(file), found.resolve(file));
  }

  /**
   * Writes a data set of grey images in the format of MNIST, in which class c has a bright band c.
   *
   * @param classes names; the last one has no sample if {@code lastIsEmpty}
   */
  public static Path images(Path folder, int size, List<String> classes, boolean lastIsEmpty)
      throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("classes.txt"), classes);
    int used = classes.size() - (lastIsEmpty ? 1 : 0);
    for (String split : List.of("train", "t10k")) {
      int count = 20 * used;
      ByteArrayOutputStream images = new ByteArrayOutputStream();
      ByteArrayOutputStream labels = new ByteArrayOutputStream();
      DataOutputStream header = new DataOutputStream(images);
      for (int value : new int[] {0x803, count, size, size}) {
        header.writeInt(value);
      }
      header = new DataOutputStream(labels);
      header.writeInt(0x801);
      header.writeInt(count);
      for (int i = 0; i < count; i++) {
        int label = i % used;
        labels.write(label);
        for (int pixel = 0; pixel < size * size; pixel++) {
          boolean isBand = pixel / size / 4 == label;
          images.write(isBand ? 255 : (pixel * 31 + i * 17) % 64);
        }
      }
      Files.write(folder.resolve(split + "-images-idx3-ubyte"), images.toByteArray());
      Files.write(folder.resolve(split + "-labels-idx1-ubyte"), labels.toByteArray());
    }
    return folder;
  }
}
