package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import io.github.steelyard.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One run of each kind that nothing disturbs: what the disturbed ones must come to. */
final class StraightRuns {
  private final Path folder;
  private final Children children;
  private final List<RunUnderTest> kinds;
  private final Map<RunUnderTest, Straight> made = new HashMap<>();

  /**
   * A run that nothing disturbed.
   *
   * @param recipe its file
   * @param folder its folder
   * @param changes how often its folder changed
   * @param comparison compares another with it
   */
  record Straight(Path recipe, Path folder, long changes, FolderComparison comparison) {}

  StraightRuns(Path folder, List<RunUnderTest> kinds) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.children = new Children(folder.resolve("children"));
    this.kinds = kinds;
    Files.writeString(folder.resolve("base.yaml"), RunUnderTest.BASE);
  }

  /** Makes all later starts faster, which pays when there are many. */
  void shareClasses() throws IOException, InterruptedException {
    Path run = folder.resolve("shared");
    children.share(
        Main.class, "run", "" + folder.resolve("base.yaml"), "--folder", "" + run, "--replace");
  }

  /** A run of the base's recipe. */
  private Path base() throws IOException, InterruptedException {
    Path base = folder.resolve("base");
    if (!Files.exists(base)) {
      Ended ended =
          children
              .start(Main.class, "run", "" + folder.resolve("base.yaml"), "--folder", "" + base)
              .await();
      if (ended.code() != 0) {
        throw new IOException("the base cannot be trained: " + ended.lastWords());
      }
    }
    return base;
  }

  Children children() {
    return children;
  }

  /** The kind whose turn it is. */
  RunUnderTest kind(long number) {
    return kinds.get((int) (number % kinds.size()));
  }

  Straight of(RunUnderTest kind) throws IOException, InterruptedException {
    Straight known = made.get(kind);
    if (known == null) {
      known = make(kind);
      made.put(kind, known);
    }
    return known;
  }

  private Straight make(RunUnderTest kind) throws IOException, InterruptedException {
    String name = "kind-" + kinds.indexOf(kind);
    String text =
        kind.recipe().contains("FROM")
            ? kind.recipe().replace("FROM", base().toString())
            : kind.recipe();
    Path recipe = Files.writeString(folder.resolve(name + ".yaml"), text);
    Path place = Files.createDirectories(folder.resolve(name));
    TriedRun run = tried(kind, recipe, place.resolve("run"), Map.of());
    try (FolderWatch watch = new FolderWatch(place)) {
      Child child = run.start();
      watch.await(child.process(), Long.MAX_VALUE);
      Ended ended = child.await();
      if (ended.code() != 0) {
        throw new IOException("a run that nothing disturbs fails: " + ended.lastWords());
      }
      return new Straight(
          recipe, run.folder(), watch.changes(), new FolderComparison(run.folder()));
    }
  }

  /** A run of a kind in a new folder. */
  TriedRun tried(RunUnderTest kind, Path place, Map<String, String> environment)
      throws IOException, InterruptedException {
    return tried(kind, of(kind).recipe(), place, environment);
  }

  private TriedRun tried(
      RunUnderTest kind, Path recipe, Path place, Map<String, String> environment) {
    return new TriedRun(children, kind, recipe, place, environment);
  }
}
