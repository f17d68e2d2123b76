package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.StraightRuns.Straight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Disturbs a run of some kind, brings it to its end and compares it with one left alone. */
abstract class Disturbed implements Part {
  private final Path folder;
  private final long seed;
  private final StraightRuns straight;

  Disturbed(Path folder, long seed) throws IOException {
    this(folder, seed, RunUnderTest.all());
  }

  Disturbed(Path folder, long seed, List<RunUnderTest> kinds) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.seed = seed;
    this.straight = new StraightRuns(folder.resolve("straight"), kinds);
  }

  Path folder() {
    return folder;
  }

  /** Makes many starts faster. */
  Disturbed shareClasses() throws IOException, InterruptedException {
    straight.shareClasses();
    return this;
  }

  Children children() {
    return straight.children();
  }

  /**
   * One case.
   *
   * @param run not begun yet
   * @param whole what it must come to
   * @param place a new folder, in which the run's folder will be
   * @param random decides how it is disturbed
   * @param blows how often it was disturbed, to be told
   */
  record Case(
      TriedRun run, Straight whole, Path place, SplittableRandom random, List<String> blows) {}

  /** Why it cannot be tried on this machine; empty if it can. */
  Optional<String> obstacle() {
    return Optional.empty();
  }

  /** The environment of the run's processes. */
  Map<String, String> environment(SplittableRandom random) {
    return Map.of();
  }

  /**
   * Disturbs the run.
   *
   * @return what is wrong already; empty if it can be brought to its end
   */
  abstract Optional<String> disturb(Case each) throws IOException, InterruptedException;

  /** What is done to a run that has been started. */
  interface Strike {
    /**
     * Strikes.
     *
     * @param moment what had changed last in the run's folder
     * @return what is wrong already; empty if the run can be brought to its end
     */
    Optional<String> at(Child child, String moment) throws IOException, InterruptedException;
  }

  /** Starts a run and strikes it at a random moment, unless it has ended before. */
  static Optional<String> atSomeMoment(Case each, Strike strike)
      throws IOException, InterruptedException {
    Child child = each.run().start();
    try (FolderWatch watch = new FolderWatch(each.place())) {
      long wanted = watch.changes() + 1 + each.random().nextLong(each.whole().changes());
      return watch.await(child.process(), wanted)
          ? strike.at(child, String.valueOf(watch.last()))
          : each.run().finish(child.await());
    }
  }

  @Override
  public Verdict judge(long number) throws IOException, InterruptedException {
    RunUnderTest kind = straight.kind(number);
    if (obstacle().isPresent()) {
      return Verdict.skipped(kind.name(), obstacle().get());
    }
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    Path place = folder.resolve("case-" + number);
    Folders.delete(place);
    Files.createDirectories(place);
    TriedRun run = straight.tried(kind, place.resolve("run"), environment(random));
    Case each = new Case(run, straight.of(kind), place, random, new ArrayList<>());
    Optional<String> failure = disturb(each);
    if (failure.isEmpty()) {
      failure = run.finish();
    }
    if (failure.isEmpty()) {
      List<String> differences = each.whole.comparison().differences(run.folder());
      failure = differences.isEmpty() ? failure : Optional.of(String.join("; ", differences));
    }
    if (failure.isPresent()) {
      return Verdict.failed(
          kind.name(), each.blows.size(), failure.get() + "; after " + each.blows);
    }
    Folders.delete(place);
    return Verdict.survived(kind.name(), each.blows.size());
  }
}
