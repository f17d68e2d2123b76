package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.cli.Main;
import io.github.steelyard.cli.run.Run;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkedRunsTest {
  @TempDir Path folder;
  private final StringWriter err = new StringWriter();
  private final ConcurrentLinkedQueue<String> made = new ConcurrentLinkedQueue<>();
  private Path study;

  @BeforeEach
  void writeRecipes() throws IOException {
    String base =
        """
        model: {name: mlp}
        data: {name: fashion-mnist, batch_size: 20, train_samples: 40, test_samples: 20, workers: 0}
        optimizer: {name: sgd, lr: 0.1}
        train: {epochs: 1}
        """;
    Files.writeString(folder.resolve("base.yaml"), base);
    Files.writeString(
        folder.resolve("study.yaml"),
        """
        recipe: base.yaml
        start: base.yaml
        seeds: [0]
        axes: {rate: {small: {}, wild: {optimizer: {lr: 1.0e+30}}}}
        """);
    study = folder.resolve("runs");
  }

  private int run(Function<List<String>, Integer> workers) {
    return Main.run(
        new PrintWriter(new StringWriter()),
        new PrintWriter(err),
        workers,
        "run",
        folder.resolve("study.yaml").toString(),
        "--folder",
        study.toString());
  }

  /** One after the other, so that many runs do not share this process's threads. */
  private synchronized int here(List<String> words) {
    made.add(folder.relativize(Path.of(words.get(3))).toString());
    return Main.run(
        new PrintWriter(new StringWriter()), new PrintWriter(err), words.toArray(String[]::new));
  }

  @Test
  void givenAStartAndARunThatFails_whenWorkersMakeTheStudy_thenTheStartIsFirstAndTheOtherRunGoesOn()
      throws IOException {
    int code = run(this::here);

    assertThat(code).isEqualTo(1);
    assertThat(made).startsWith("runs/_start").hasSize(3);
    assertThat(err.toString())
        .contains("runs handed to workers: 1", "runs handed to workers: 2")
        .contains("failed: wild, seed 0")
        .doesNotContain("failed: small");
    assertThat(Run.isUnfinished(study.resolve("small/seed-0"))).isFalse();
    assertThat(study.resolve("small/seed-0.json")).content().contains("\"seconds\"");
    assertThat(study.resolve("report.html")).exists();
  }

  @Test
  void givenWorkersThatAreLost_whenTheyMakeTheStudy_thenItFailsAndSaysWhichRuns() {
    int code =
        run(
            words -> {
              throw new IllegalStateException("the cluster is gone");
            });

    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .contains(
            "_start failed: IllegalStateException: the cluster is gone", "failed: small, seed 0");
  }
}
