package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class RanksThatDifferTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, folder: data, batch_size: 8, workers: 0}
      optimizer: {name: adamw}
      train: {epochs: 1}
      """;

  @TempDir Path folder;

  /** A folder of a rank with a recipe and 16 images, all of one grey. */
  private Path place(String name, String recipe, int grey) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name).resolve("data")).getParent();
    Files.writeString(place.resolve("recipe.yaml"), recipe);
    for (String split : List.of("train", "t10k")) {
      ByteBuffer images = ByteBuffer.allocate(16 + 16 * 784);
      images.putInt(0x803).putInt(16).putInt(28).putInt(28);
      while (images.hasRemaining()) {
        images.put((byte) grey);
      }
      ByteBuffer labels = ByteBuffer.allocate(8 + 16).putInt(0x801).putInt(16);
      for (int i = 0; i < 16; i++) {
        labels.put((byte) (i % 10));
      }
      Files.write(place.resolve("data").resolve(split + "-images-idx3-ubyte"), images.array());
      Files.write(place.resolve("data").resolve(split + "-labels-idx1-ubyte"), labels.array());
    }
    return place;
  }

  /** A process of this program that says everything to one file. */
  private static Process start(Path place, Map<String, String> environment, String... words)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(place.toFile())
            .redirectErrorStream(true)
            .redirectOutput(place.resolve("said").toFile());
    builder.environment().putAll(environment);
    builder.environment().put("OMP_NUM_THREADS", "1");
    return builder.start();
  }

  private static String awaited(Process process, Path place, int code)
      throws IOException, InterruptedException {
    boolean ended = process.waitFor(180, TimeUnit.SECONDS);
    process.destroyForcibly();
    String said = Files.readString(place.resolve("said"));
    assertThat(ended).as(said).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(code);
    return said;
  }

  /** What two ranks say that fail in folders of their own, as on machines with other disks. */
  private static List<String> run(Path... places) throws IOException, InterruptedException {
    List<Process> ranks = new ArrayList<>();
    try (ServerSocket socket = new ServerSocket(0)) {
      for (int rank = 0; rank < places.length; rank++) {
        Map<String, String> environment =
            Map.of(
                "MASTER_ADDR", "127.0.0.1",
                "MASTER_PORT", String.valueOf(socket.getLocalPort()),
                "RANK", String.valueOf(rank),
                "WORLD_SIZE", String.valueOf(places.length));
        if (rank == 0) {
          socket.close();
        }
        ranks.add(start(places[rank], environment, "run", "recipe.yaml"));
      }
    }
    List<String> said = new ArrayList<>();
    for (int rank = 0; rank < places.length; rank++) {
      said.add(awaited(ranks.get(rank), places[rank], 1));
    }
    return said;
  }

  @Test
  void givenOtherDataOrAnotherRecipe_whenTwoRanksBegin_thenBothSayWhichAndLeaveNothing()
      throws IOException, InterruptedException {
    Path first = place("first", RECIPE, 7);
    List<String> data = run(first, place("grey", RECIPE, 8));
    List<String> recipe = run(first, place("longer", RECIPE.replace("epochs: 1", "epochs: 3"), 7));

    assertThat(data)
        .allMatch(said -> said.contains("rank 1 has another data or starting weights than rank 0"));
    assertThat(recipe)
        .allMatch(said -> said.contains("rank 1 has another recipe than rank 0"))
        .allMatch(said -> said.contains("epochs: 3"));
    assertThat(first.resolve("runs")).doesNotExist();
  }

  @Test
  void givenALaunchedRun_whenItIsInterrupted_thenTheStepIsSavedAndOneProcessGoesOn()
      throws IOException, InterruptedException {
    Path place =
        place(
            "run",
            RECIPE
                    .replace("epochs: 1", "epochs: 60, checkpoint_every_steps: 1, log_every: 100")
                    .replace("batch_size: 8", "batch_size: 8, evaluation_batch_size: 3")
                + "distributed: {deterministic: true, shards: 2}\n",
            9);
    Path run = folder.resolve("run").resolve("out");
    Process launched = launch(place, "recipe.yaml", run);
    Path saved = run.resolve("checkpoints");
    String said = interrupted(launched, place, () -> holdsCheckpoint(saved));

    assertThat(said).contains("stopping after this step", "--resume");
    Process resumed =
        start(place, Map.of(), "run", "recipe.yaml", "--folder", run.toString(), "--resume");
    assertThat(awaited(resumed, place, 0)).contains("resuming after step ");
    assertThat(Files.readString(run.resolve("results.json"))).contains("\"steps\" : 120");
    interruptAnAnalysis(place, run);
  }

  /** Of two ranks one has more batches: both stop after the same one. */
  private void interruptAnAnalysis(Path place, Path run) throws IOException, InterruptedException {
    Files.writeString(
        place.resolve("attack.yaml"),
        "from: " + run + "\nattack: {epsilon: 1.0e-6, protocol: standard, samples: 0}\n");
    Path analysis = place.resolve("analysis");
    Path said = place.resolve("said");
    String told =
        interrupted(
            launch(place, "attack.yaml", analysis),
            place,
            () -> Files.readString(said).contains("attacking the network"));

    assertThat(told).contains("stopping after this step", "--resume").doesNotContain("error");
    assertThat(analysis.resolve("results.json")).content().doesNotContain("accuracies");
  }

  private static Process launch(Path place, String recipe, Path target) throws IOException {
    return start(
        place,
        Map.of(),
        "launch",
        "--processes",
        "2",
        "run",
        recipe,
        "--folder",
        target.toString());
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  /** What a launcher says that gets Ctrl-C once something has happened. */
  private static String interrupted(Process launched, Path place, Condition condition)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(50);
    }
    new ProcessBuilder("kill", "-INT", String.valueOf(launched.pid())).start().waitFor();
    return awaited(launched, place, 1);
  }

  private static boolean holdsCheckpoint(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".safetensors"));
    }
  }
}
