package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Kills or freezes one rank of a training on two, or kills their launcher. All processes end within
 * the time that the documentation states, with a message, and the run goes on to the same end.
 */
final class LostRanks extends Disturbed {
  private static final int SILENCE_SECONDS = 5;

  /** What the launcher gives ranks to end by themselves, and a busy machine to do it. */
  private static final int GRACE_SECONDS = 15 + 15;

  LostRanks(Path folder, long seed) throws IOException {
    super(folder, seed, List.of(RunUnderTest.RANKS));
  }

  @Override
  Map<String, String> environment(SplittableRandom random) {
    return Map.of("STEELYARD_SILENCE_SECONDS", "" + SILENCE_SECONDS);
  }

  @Override
  Optional<String> disturb(Case each) throws IOException, InterruptedException {
    return atSomeMoment(each, (child, moment) -> lose(each, child, moment));
  }

  private static Optional<String> lose(Case each, Child child, String moment)
      throws IOException, InterruptedException {
    List<ProcessHandle> ranks =
        child
            .process()
            .toHandle()
            .children()
            .sorted(Comparator.comparingLong(ProcessHandle::pid))
            .toList();
    Blow blow = Blow.values()[each.random().nextInt(Blow.values().length)];
    int rank = each.random().nextInt(Math.max(1, ranks.size()));
    if (blow == Blow.LAUNCHER_KILLED) {
      child.process().destroyForcibly();
    } else if (rank < ranks.size()) {
      signal(ranks.get(rank), blow == Blow.KILLED ? "KILL" : "STOP");
    }
    each.blows().add("%s, rank %d, at %s".formatted(blow, rank, moment));
    return ended(child, ranks, blow);
  }

  private enum Blow {
    KILLED,
    FROZEN,
    LAUNCHER_KILLED
  }

  private static void signal(ProcessHandle process, String signal)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
  }

  private static Optional<String> ended(Child child, List<ProcessHandle> ranks, Blow blow)
      throws IOException, InterruptedException {
    int most = (blow == Blow.FROZEN ? SILENCE_SECONDS : 0) + GRACE_SECONDS;
    long begun = System.nanoTime();
    boolean alive = true;
    while (alive && System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(most)) {
      Thread.sleep(50);
      alive = child.process().isAlive() || ranks.stream().anyMatch(ProcessHandle::isAlive);
    }
    if (alive) {
      child.process().destroyForcibly().waitFor();
      ranks.forEach(ProcessHandle::destroyForcibly);
      return Optional.of("not all processes end within %d s".formatted(most));
    }
    Ended end = child.await();
    boolean told = end.code() == 0 || blow == Blow.LAUNCHER_KILLED || end.err().contains("rank ");
    return told && !end.err().contains("may be a bug")
        ? Optional.empty()
        : Optional.of("does not say which rank it lost: " + end.lastWords());
  }
}
