package io.github.steelyard.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** One task of the barrier stage: one rank. The first task's host is where all meet. */
final class Rank
    extends AbstractFunction1<scala.collection.Iterator<Integer>, scala.collection.Iterator<Ended>>
    implements Serializable {
  private static final long serialVersionUID = 1;
  private static final String RESUME = "resume";
  private static final long POLL_MILLIS = 200;

  /** A rank of the attempt before learns in this time that another one failed, and ends. */
  private static final long PATIENCE_SECONDS = 60;

  private final Home home;
  private final List<String> words;
  private final String folder;

  /**
   * A rank of a run.
   *
   * @param words a command of Steelyard, {@code run} first
   * @param folder the run's folder, which all machines see
   */
  Rank(Home home, List<String> words, String folder) {
    this.home = home;
    this.words = List.copyOf(words);
    this.folder = folder;
  }

  @Override
  public scala.collection.Iterator<Ended> apply(scala.collection.Iterator<Integer> ignored) {
    try {
      BarrierTaskContext task = BarrierTaskContext.get();
      Ended ended = run(task);
      // The first rank speaks for all.
      return CollectionConverters.asScala(
          (task.partitionId() == 0 ? List.of(ended) : List.<Ended>of()).iterator());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Ended run(BarrierTaskContext task) throws IOException {
    int rank = task.partitionId();
    BarrierTaskInfo[] all = task.getTaskInfos();
    // What must be the same in all ranks is found out by the first one.
    String[] told = task.allGather(rank == 0 ? freePort() + " " + mode() : "")[0].split(" ", -1);
    List<String> own = new ArrayList<>(words);
    own.addAll(List.of("--folder", folder));
    if (told[1].equals(RESUME)) {
      own.add("--resume");
    }
    Map<String, String> variables =
        Map.of(
            "MASTER_ADDR",
            host(all[0]),
            "MASTER_PORT",
            told[0],
            "RANK",
            Integer.toString(rank),
            "LOCAL_RANK",
            Integer.toString(localRank(all, rank)),
            "WORLD_SIZE",
            Integer.toString(all.length));
    Ended ended;
    try (TaskProcess process = new TaskProcess(home.command(own), variables, task.cpus())) {
      ended = process.await(task);
    }
    if (ended.code() != 0 && ended.code() != Ended.USAGE) {
      // Spark ends the other ranks and tries the whole stage again.
      throw new IllegalStateException(ended.describe("rank " + rank + " on " + host(all[rank])));
    }
    return ended;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Whether a run is there that goes on, once nobody of an attempt before works on it. */
  private String mode() throws IOException {
    if (!Files.isRegularFile(Path.of(folder, "run.json"))) {
      return "new";
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      while (isLocked(Path.of(folder, ".lock")) && System.nanoTime() < deadline) {
        Thread.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return RESUME;
  }

  private static boolean isLocked(Path file) throws IOException {
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  private static int localRank(BarrierTaskInfo[] all, int rank) {
    int local = 0;
    for (int before = 0; before < rank; before++) {
      local += host(all[before]).equals(host(all[rank])) ? 1 : 0;
    }
    return local;
  }

  /** An address may have a port. */
  private static String host(BarrierTaskInfo task) {
    return task.address().replaceFirst(":[0-9]+$", "");
  }
}
