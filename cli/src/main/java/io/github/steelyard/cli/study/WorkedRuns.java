package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs of a study, or models that they start from, which workers make at the same time. */
final class WorkedRuns {
  private final Path study;
  private final Workers workers;
  private final Session session;
  private final Map<Path, String> waiting = new LinkedHashMap<>();

  WorkedRuns(Path study, Workers workers, Session session) {
    this.study = study;
    this.workers = workers;
    this.session = session;
  }

  /** Adds a run whose recipe is written. */
  void add(Path run, String title) {
    waiting.put(run, title);
  }

  /** Makes what was added, unless the person asked to stop; returns when all have ended. */
  void make() throws IOException {
    if (waiting.isEmpty() || session.stop().isRequested()) {
      return;
    }
    session.err().printf("runs handed to workers: %d%n", waiting.size());
    ExecutorService threads = Executors.newFixedThreadPool(waiting.size());
    CompletionService<String> ended = new ExecutorCompletionService<>(threads);
    waiting.forEach((run, title) -> ended.submit(() -> made(run, title)));
    try (Stop.Working working = session.stop().during(threads::shutdownNow)) {
      threads.shutdown();
      for (int number = 1; number <= waiting.size(); number++) {
        String one = ended.take().get();
        if (!session.stop().isRequested()) {
          session.err().printf("%d of %d: %s%n", number, waiting.size(), one);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while workers make runs", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
      waiting.clear();
    }
  }

  private String made(Path run, String title) {
    Path recipe = StudyRun.recipeOf(run).toAbsolutePath();
    String folder = run.toAbsolutePath().toString();
    List<String> words =
        List.of(
            "run",
            recipe.toString(),
            "--folder",
            folder,
            StudyRun.OF_STUDY,
            study.toAbsolutePath().toString());
    try {
      int code = workers.run(words);
      return title + (code == 0 ? "" : " ended with exit code " + code);
    } catch (RuntimeException e) {
      return title + " failed: " + Reason.describe(e);
    }
  }
}
