package io.github.steelyard.bench.campaign;

import static io.github.steelyard.bench.campaign.Samples.text;
import static io.github.steelyard.bench.campaign.Samples.written;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.steelyard.cli.console.AddedJars;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.runtime.RegisterException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Every reader of files in the library and the command. */
final class KnownReaders extends ReaderGroup {
  private static final List<String> RECIPES =
      List.of("sgd", "deit-imagenet", "life-vit-mini", "study-norm-growth", "incremental-glyphs");

  private KnownReaders(Path folder) {
    super(folder);
  }

  /**
   * All of them.
   *
   * @param folder where the damaged files will lie; made, with what the readers need beside them
   * @return in the order of the table
   */
  static List<Reader> in(Path folder) throws IOException {
    Files.createDirectories(folder);
    List<Reader> all = new ArrayList<>(WeightReaders.in(folder));
    all.addAll(PictureReaders.in(folder));
    KnownReaders readers = new KnownReaders(folder);
    readers.texts();
    readers.ofRuns();
    readers.jars();
    all.addAll(readers.readers());
    return List.copyOf(all);
  }

  private void texts() throws IOException {
    List<byte[]> recipes = new ArrayList<>();
    for (String name : RECIPES) {
      try (var in = RunKinds.class.getResourceAsStream("/recipes/" + name + ".yaml")) {
        recipes.add(in.readAllBytes());
        Files.write(folder.resolve(name + ".yaml"), recipes.get(recipes.size() - 1));
      }
    }
    add(
        "recipes",
        "recipe.yaml",
        recipes,
        false,
        f -> RunKinds.load().read(f, false, List.of()).name());
    add(
        "YAML",
        "document.yaml",
        recipes,
        false,
        f -> YamlDocument.parse(f.toString(), Files.readAllBytes(f)).root().size());
  }

  private void ofRuns() throws IOException {
    add(
        "results of a run",
        "results.json",
        List.of(
            written(
                folder.resolve("made.json"),
                f ->
                    CheckedJson.write(
                        f, Json.MAPPER.valueToTree(Map.of("steps", 12, "metrics", List.of(0.5)))))),
        true,
        KnownReaders::results);
    add(
        "logs of a run",
        "metrics.jsonl",
        List.of(
            text(
                """
                {"event":"step","step":1,"epoch":1,"loss":2.3,"learning_rate":{"decay":0.01}}
                {"event":"evaluation","step":2,"epoch":1,"accuracy":0.25}
                """)),
        false,
        f -> RunHistory.read(f).points("step", "step", line -> line.get("loss")).size());
  }

  /** Without the line of its checksum, which may be taken out, a file is believed. */
  private static Object results(Path file) throws IOException {
    if (!new String(Files.readAllBytes(file), UTF_8).contains("\"checksum\"")) {
      throw new IOException(file + " has no checksum");
    }
    return CheckedJson.read(file);
  }

  private void jars() throws IOException {
    add("jars", "brought.jar", List.of(Samples.jar()), false, KnownReaders::jar);
    add(
        "STEELYARD_CLASSPATH",
        "added.jar",
        List.of(Samples.jar()),
        false,
        f -> {
          AddedJars.require(f.toString());
          return "";
        });
  }

  private static Object jar(Path file) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {file.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return Datasets.all().size();
    } catch (RegisterException e) { // It names the provider: Java does not tell its jar.
      throw new IOException(file + ": " + e.getMessage(), e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
