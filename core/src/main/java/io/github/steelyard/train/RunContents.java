package io.github.steelyard.train;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What belongs to a run in its folder, whether it is there, and how it is removed. */
final class RunContents {
  static final String RECIPE = "recipe.yaml";
  static final String METRICS = "metrics.jsonl";
  static final String EVENTS = "events";
  static final String CHECKPOINTS = "checkpoints";
  static final String EXPORTS = "exports";
  static final String REPORT = "report.html";
  static final String RESULTS = "results.json";
  private static final String KIND = "run.json";
  private static final List<String> ALL =
      List.of(
          KIND,
          RECIPE,
          METRICS,
          EVENTS,
          CHECKPOINTS,
          EXPORTS,
          REPORT,
          "explain",
          "explain.html",
          RESULTS);

  private RunContents() {}

  /** The folders of a run, but not those of the runs inside it, which have locks of their own. */
  static List<Path> folders(Path folder) throws IOException {
    List<Path> own = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            if (!each.equals(folder) && Files.exists(each.resolve(KIND))) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            own.add(each);
            return FileVisitResult.CONTINUE;
          }
        });
    return own;
  }

  private static boolean holdsRun(Path folder) {
    return ALL.stream().map(folder::resolve).anyMatch(RunContents::holdsSomething);
  }

  /** A process that was killed at once may leave empty folders. */
  private static boolean holdsSomething(Path path) {
    if (!Files.isDirectory(path)) {
      return Files.exists(path);
    }
    try (Stream<Path> all = Files.list(path)) {
      return all.findAny().isPresent();
    } catch (IOException e) {
      return true;
    }
  }

  static void requireNone(Path folder) throws IOException {
    if (holdsRun(folder)) {
      throw new IOException(
          "the folder "
              + folder
              + " already holds a run; resume it, replace it or choose another name");
    }
  }

  static void require(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException("there is no run folder " + folder);
    }
    if (ALL.stream().map(folder::resolve).noneMatch(Files::exists)) {
      throw new IOException("the folder " + folder + " holds no run: none of " + ALL);
    }
  }

  /** Removes what belongs to a run, and nothing else. */
  static void remove(Path folder) throws IOException {
    for (String name : ALL) {
      removeAll(folder.resolve(name));
    }
  }

  private static void removeAll(Path path) throws IOException {
    if (Files.isSymbolicLink(path) || !Files.isDirectory(path)) {
      Files.deleteIfExists(path);
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
