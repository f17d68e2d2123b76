package io.github.steelyard.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a cluster of two workers, each a process, with one executor of one core each. */
class MainTest {
  private static final String NETWORK =
      """
      model: {name: mlp}
      data: {name: fashion-mnist, batch_size: 4, train_samples: 120, test_samples: 40, workers: 0}
      optimizer: {name: adamp}
      """;

  private static final String RECIPE =
      NETWORK
          + """
      train: {epochs: 2, checkpoint_every_steps: 1}
      distributed: {deterministic: true, shards: 2}
      """;

  @TempDir private static Path shared;
  private static Path home;
  private static JavaSparkContext spark;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws Exception {
    home = Installed.in(shared.resolve("home"));
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    Files.writeString(shared.resolve("small.yaml"), RECIPE);
    Files.writeString(shared.resolve("tiny.yaml"), NETWORK + "train: {epochs: 1}\n");
    Files.writeString(
        shared.resolve("results.md"), "<!-- reproduce study-optimizers -->\n<!-- end -->\n");
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local-cluster[2,1,1024]")
                .setAppName("steelyard")
                .set("spark.ui.enabled", "false")
                .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .set("spark.executorEnv.JAVA_HOME", System.getProperty("java.home"))
                .set("spark.executorEnv.JDK_JAVA_OPTIONS", Installed.JAVA_OPTIONS));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private int run(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    if (!words[words.length - 1].startsWith("--home")) {
      all.addAll(List.of("--home", home.toString()));
    }
    return Main.run(
        spark, new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
  }

  private int train(Path folder) {
    return run(
        "train",
        "--ranks",
        "2",
        shared.resolve("small.yaml").toString(),
        "--folder",
        folder.toString());
  }

  private static JsonNode results(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("results.json").toFile());
  }

  private String said() {
    return err.toString();
  }

  @Test
  void givenARankThatIsKilled_whenTheStageIsTriedAgain_thenTheRunGoesOnAndEndsInTheBitsOfLaunch()
      throws Exception {
    Path run = shared.resolve("killed");
    CompletableFuture<Boolean> killed = CompletableFuture.supplyAsync(() -> kill(run, "RANK=1"));

    int code = train(run);

    assertThat(killed.get(1, TimeUnit.SECONDS)).isTrue();
    assertThat(code).as(said()).isZero();
    assertThat(out.toString()).contains("run: " + run);
    Path launched = shared.resolve("launched");
    Installed.run(
        home,
        List.of(
            "launch",
            "--processes",
            "2",
            "run",
            shared.resolve("small.yaml").toString(),
            "--folder",
            launched.toString()));
    assertThat(results(run).get("metrics")).isEqualTo(results(launched).get("metrics"));
    assertThat(results(run).get("loss")).isEqualTo(results(launched).get("loss"));
  }

  @Test
  void givenAStudyOfWhichHalfIsMade_whenItIsReproduced_thenTheOtherHalfIsMadeAndClaimsAreJudged()
      throws Exception {
    Path file =
        Files.writeString(
            shared.resolve("study-optimizers.yaml"),
            """
            recipe: tiny.yaml
            seeds: [0, 1]
            measures: {accuracy: metrics.accuracy}
            axes: {optimizer: {adamp: {}, sgd: {optimizer: {name: sgd, lr: 0.1}}}}
            reproduces:
              methods: [adamp]
              title: Optimizers
              claims:
                - {claim: it learns, paper: -, measure: accuracy, of: {optimizer: adamp}, above: -1}
            """);
    Path study = shared.resolve("study-optimizers");
    int half =
        run("study", file.toString(), "--folder", study.toString(), "--only", "optimizer=sgd");
    assertThat(half).as(said()).isZero();
    assertThat(said()).contains("runs handed to workers: 2", "2 of 2: sgd, seed ");
    assertThat(out.toString()).contains("2 of 2", "report: " + study);
    Path finished = study.resolve("sgd/seed-1/results.json");
    byte[] before = Files.readAllBytes(finished);
    err.getBuffer().setLength(0);

    int code =
        run(
            "reproduce",
            "adamp",
            "--recipes",
            shared.toString(),
            "--folder",
            shared.toString(),
            "--results",
            shared.resolve("results.md").toString());

    assertThat(code).as(said()).isZero();
    assertThat(said())
        .contains("runs handed to workers: 2", "2 of 2: adamp, seed ")
        .doesNotContain("sgd, seed");
    assertThat(out.toString()).contains("it learns", "report: " + study);
    assertThat(finished).hasBinaryContent(before);
    assertThat(results(study.resolve("adamp/seed-1")).at("/metrics/accuracy").isNumber()).isTrue();
    assertThat(study.resolve("adamp/seed-1.json")).content().contains("\"processor\"");
    assertThat(study.resolve("report.html")).content().contains("adamp", "it learns");
    assertThat(shared.resolve("results.md")).content().contains("| it learns | - | accuracy: ");
  }

  @Test
  void givenAWrongRecipe_whenItIsTrained_thenItIsToldOnceAndTheStageIsNotTriedAgain()
      throws Exception {
    Path folder = shared.resolve("wrong");
    Path recipe = Files.writeString(shared.resolve("wrong.yaml"), RECIPE.replace("mlp", "mpl"));

    int code = run("train", "--ranks", "2", recipe.toString(), "--folder", folder.toString());

    assertThat(code).isEqualTo(2);
    assertThat(said()).containsOnlyOnce("there is no model 'mpl'");
    assertThat(folder).doesNotExist();
  }

  @Test
  void givenAWrongCommandLine_whenItIsRun_thenItIsRefusedWithTheUsage() {
    assertThat(run("fly")).isEqualTo(2);
    assertThat(said()).contains("must be train, study or reproduce, but is 'fly'", "usage: ");
    assertThat(run("train", "--ranks", "none", "x.yaml", "--folder", "x")).isEqualTo(2);
    assertThat(said()).contains("--ranks must be 1 to 9999, but is 'none'");
    assertThat(run("train", "--ranks", "2", "x.yaml")).isEqualTo(2);
    assertThat(said()).contains("--folder is missing");
    assertThat(run("study", "x.yaml", "--folder", "x", "--home=" + shared)).isEqualTo(2);
    assertThat(said()).contains("there is no Steelyard in " + shared);
  }

  /** Kills a rank as soon as there is a checkpoint. */
  private static boolean kill(Path run, String rank) {
    try {
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
      while (!hasCheckpoint(run) && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      Optional<ProcessHandle> one =
          ProcessHandle.allProcesses().filter(process -> is(process, run, rank)).findFirst();
      return one.isPresent() && one.get().destroyForcibly();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean hasCheckpoint(Path run) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return false;
    }
    try (var all = Files.list(checkpoints)) {
      return all.anyMatch(file -> !file.getFileName().toString().startsWith("."));
    }
  }

  private static boolean is(ProcessHandle process, Path run, String rank) {
    Path about = Path.of("/proc", Long.toString(process.pid()));
    try {
      return Files.readString(about.resolve("cmdline"), StandardCharsets.ISO_8859_1)
              .contains(run.toString())
          && Files.readString(about.resolve("environ"), StandardCharsets.ISO_8859_1)
              .contains("\0" + rank + "\0");
    } catch (IOException e) {
      return false;
    }
  }
}
