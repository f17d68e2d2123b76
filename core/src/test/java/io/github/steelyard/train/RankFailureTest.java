package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.testing.ChildJvm;
import io.github.steelyard.testing.Ranks;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ranks of a run say and leave when one of them fails. */
@Tag("once")
class RankFailureTest {
  @TempDir private Path folder;

  private static List<ChildJvm.Result> await(ChildJvm... ranks)
      throws IOException, InterruptedException {
    List<ChildJvm.Running> running = new ArrayList<>();
    for (ChildJvm rank : ranks) {
      running.add(rank.start());
    }
    return Ranks.await(running);
  }

  private static void assertFailed(ChildJvm.Result rank, String... said) {
    assertThat(rank.exitCode()).as(rank.errors()).isEqualTo(1);
    assertThat(rank.errors()).contains(said);
  }

  private static ChildJvm small(int rank, int port, String... words) {
    return Ranks.rank(rank, 2, port, RankProgram.class, words);
  }

  private static List<ChildJvm.Running> endless(String silence, String... program)
      throws IOException {
    int port = Ranks.freePort();
    List<ChildJvm.Running> ranks = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      ranks.add(
          Ranks.rank(rank, 2, port, RankProgram.class, program)
              .environment("STEELYARD_SILENCE_SECONDS", silence)
              .start());
    }
    return ranks;
  }

  /** Waits until a rank has said that its steps go on. */
  private static void awaitSteps(ChildJvm.Running rank) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!Files.readString(rank.output()).contains("step")) {
      assertThat(System.nanoTime()).as("the ranks make no steps").isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static void signal(String name, ChildJvm.Running rank)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(rank.process().pid())).start().waitFor();
  }

  @Test
  void givenARankThatIsKilledAndOneThatHangs_whenOthersWait_thenTheyEndAndNameIt()
      throws IOException, InterruptedException {
    List<ChildJvm.Running> killed = endless("4", "mlp", "endless");
    List<ChildJvm.Running> hung = endless("4", "mlp", "endless");
    awaitSteps(killed.get(0));
    awaitSteps(hung.get(1));

    signal("KILL", killed.get(1));
    signal("STOP", hung.get(0));

    String gone = "rank 1 (process " + killed.get(1).process().pid() + " on ";
    assertFailed(killed.get(0).await(60), gone, "gave no sign of life for ");
    assertFailed(hung.get(1).await(60), "rank 0, which keeps the store at ", " is gone or hangs");
    killed.get(1).await(10);
    signal("KILL", hung.get(0));
    hung.get(0).await(10);
  }

  @Test
  void givenADiskThatIsFullForTheFirstRank_whenItSaves_thenAllEndAndTheRunGoesOnLater()
      throws IOException, InterruptedException {
    String run = folder.resolve("run").toString();
    int port = Ranks.freePort();
    List<ChildJvm.Result> full =
        await(
            small(0, port, "mlp", "folder", run).limit("ulimit -f 200"),
            small(1, port, "mlp", "folder", run));

    assertFailed(full.get(0), "cannot write step-000000001.safetensors in folder");
    assertFailed(full.get(1), "rank 0: cannot write step-000000001.safetensors in folder");
    try (Stream<Path> files = Files.walk(Path.of(run))) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("partial"));
    }
    assertThat(Ranks.run(2, RankProgram.class, "mlp", "folder", run, "resume"))
        .allSatisfy(rank -> assertThat(rank.exitCode()).as(rank.errors()).isZero());
    damageForTheSecond(Path.of(run));
  }

  /** A finished run that the second rank sees damaged. */
  private void damageForTheSecond(Path run) throws IOException, InterruptedException {
    Path seen = folder.resolve("seen");
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.toList()) {
        Path copy = Files.copy(file, seen.resolve(run.relativize(file).toString()));
        if (copy.toString().endsWith(".safetensors")) {
          Files.writeString(copy, "damaged");
        }
      }
    }
    int port = Ranks.freePort();
    List<ChildJvm.Result> ranks =
        await(
            small(0, port, "mlp", "folder", run.toString(), "resume"),
            small(1, port, "mlp", "folder", seen.toString(), "resume"));

    for (ChildJvm.Result rank : ranks) {
      assertFailed(
          rank, "rank 1 cannot read the newest checkpoint: ", "step-000000006.safetensors");
    }
  }

  @Test
  void givenNobodyElseOrAnotherProgramAtThePort_whenARankJoins_thenItSaysSoInTime()
      throws IOException, InterruptedException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ChildJvm.Running first = hasty(0, taken.getLocalPort());
      ChildJvm.Running second = hasty(1, taken.getLocalPort());
      ChildJvm.Running alone = hasty(0, Ranks.freePort());

      assertFailed(first.await(60), "port " + taken.getLocalPort(), "taken by another program");
      assertFailed(second.await(60), "did not answer rank 1 of 2 within 3 s");
      assertFailed(alone.await(60), "rank 1 of 2 did not come within 3 s");
    }
  }

  @Test
  void givenARankOfAnotherVersion_whenItJoins_thenAllEndAndSayWhich()
      throws IOException, InterruptedException {
    Path about = folder.resolve("io/github/steelyard/runtime/version.properties");
    Files.createDirectories(about.getParent());
    Files.writeString(about, "version=0.0.7\n");
    String classes = folder + File.pathSeparator + System.getProperty("java.class.path");
    int port = Ranks.freePort();

    for (ChildJvm.Result rank :
        await(small(0, port, "mlp"), small(1, port, "mlp").option("-cp").option(classes))) {
      assertFailed(
          rank,
          "rank 1 has another version of Steelyard or libtorch than rank 0: 'steelyard 0.0.7'"
              + " instead of 'steelyard "
              + Provenance.version()
              + "'");
    }
  }

  private static ChildJvm.Running hasty(int rank, int port) throws IOException {
    return small(rank, port, "mlp").environment("STEELYARD_JOIN_SECONDS", "3").start();
  }
}
