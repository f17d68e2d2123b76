package io.github.steelyard.train;

import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one run: {@code recipe.yaml}, {@code metrics.jsonl}, {@code events} for
 * TensorBoard, {@code checkpoints}, {@code report.html} and {@code results.json}. What is there is
 * never overwritten unless the caller says so: a new run is {@linkplain #create created} in a
 * folder that does not hold one, continued with {@link #resume}, replaced with {@link #replace} and
 * looked at with {@link #open}. While a run is written, its folder is locked against other
 * processes.
 */
public final class RunDirectory implements AutoCloseable {
  private static final String LOCK = ".lock";
  private static final String METRICS = "metrics.jsonl";
  private static final String RESULTS = "results.json";
  private static final List<String> CONTENTS =
      List.of("recipe.yaml", METRICS, "events", "checkpoints", "report.html", RESULTS);

  private final Path folder;
  private final FileChannel lock;

  private RunDirectory(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Makes the folder of a new run.
   *
   * @param folder where; may exist if it holds no run
   * @return the folder, locked
   * @throws IOException if it holds a run already, is in use or cannot be written
   */
  public static RunDirectory create(Path folder) throws IOException {
    if (holdsRun(folder)) {
      throw new IOException(
          "the folder "
              + folder
              + " already holds a run; resume it, replace it or choose another name");
    }
    RunDirectory run = lockedAndReady(folder);
    return run;
  }

  /**
   * Opens the folder of a run to continue it. What a killed process left half-written is removed.
   *
   * @param folder where the run is
   * @return the folder, locked
   * @throws IOException if it holds no run, is in use or cannot be written
   */
  public static RunDirectory resume(Path folder) throws IOException {
    requireRun(folder);
    RunDirectory run = lockedAndReady(folder);
    AtomicFile.removeAbandoned(folder);
    AtomicFile.removeAbandoned(run.checkpoints());
    return run;
  }

  /**
   * Removes the run that a folder holds and makes it ready for a new one. Only files that belong to
   * a run are removed.
   *
   * @param folder where; may hold a run, something else or not exist
   * @return the folder, locked
   * @throws IOException if it is in use or cannot be written
   */
  public static RunDirectory replace(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel lock = lock(folder);
    try {
      for (String name : CONTENTS) {
        remove(folder.resolve(name));
      }
      Files.createDirectories(folder.resolve("checkpoints"));
    } catch (IOException e) {
      lock.close();
      throw e;
    }
    return new RunDirectory(folder, lock);
  }

  /**
   * Opens the folder of a run to read it, also while it is being written.
   *
   * @param folder where the run is
   * @return the folder, not locked
   * @throws IOException if it holds no run
   */
  public static RunDirectory open(Path folder) throws IOException {
    requireRun(folder);
    return new RunDirectory(folder, null);
  }

  private static boolean holdsRun(Path folder) {
    return CONTENTS.stream().anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  private static void requireRun(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder + ": there is no such run folder");
    }
    if (!holdsRun(folder)) {
      throw new IOException("the folder " + folder + " holds no run: none of " + CONTENTS);
    }
  }

  private static RunDirectory lockedAndReady(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel lock = lock(folder);
    try {
      Files.createDirectories(folder.resolve("checkpoints"));
    } catch (IOException e) {
      lock.close();
      throw e;
    }
    return new RunDirectory(folder, lock);
  }

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw inUse(folder, e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw inUse(folder, null);
  }

  private static IOException inUse(Path folder, Exception cause) {
    return new IOException("the run folder " + folder + " is in use by another run", cause);
  }

  private static void remove(Path path) throws IOException {
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

  /**
   * The folder.
   *
   * @return its path as it was given
   */
  public Path path() {
    return folder;
  }

  /**
   * The resolved recipe.
   *
   * @return the path of {@code recipe.yaml}
   */
  public Path recipe() {
    return folder.resolve("recipe.yaml");
  }

  /**
   * The log: one JSON object a line, each with {@code event}, {@code step} and {@code epoch}.
   *
   * @return the path of {@code metrics.jsonl}
   */
  public Path metrics() {
    return folder.resolve(METRICS);
  }

  /**
   * TensorBoard's event files.
   *
   * @return the path of the folder {@code events}
   */
  public Path events() {
    return folder.resolve("events");
  }

  /**
   * The saved checkpoints.
   *
   * @return the path of the folder {@code checkpoints}
   */
  public Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  /**
   * The report.
   *
   * @return the path of {@code report.html}
   */
  public Path report() {
    return folder.resolve("report.html");
  }

  /**
   * The numbers that came out.
   *
   * @return the path of {@code results.json}
   */
  public Path results() {
    return folder.resolve(RESULTS);
  }

  /**
   * Finds the newest checkpoint that can be read. Damaged ones are skipped with a warning in the
   * log.
   *
   * @return its path; empty if the run has no checkpoint yet
   * @throws IOException if there are checkpoints but none can be read; the message says why
   */
  public Optional<Path> newestCheckpoint() throws IOException {
    return new CheckpointFolder(checkpoints()).newestReadable().map(CheckpointFolder.Found::file);
  }

  /**
   * The checkpoint with the best value of the monitored metric.
   *
   * @return its path; empty if there is none yet
   */
  public Optional<Path> bestCheckpoint() {
    Path best = new CheckpointFolder(checkpoints()).best();
    return Files.exists(best) ? Optional.of(best) : Optional.empty();
  }

  /**
   * Writes {@code results.json} whole or not at all.
   *
   * @param values JSON values by name; records are written as objects
   * @throws IOException if it cannot be written; the file is then as it was before
   * @throws IllegalArgumentException if a value is not a JSON value
   */
  public void writeResults(Map<String, ?> values) throws IOException {
    AtomicFile.write(results(), Json.pretty(Json.strict(values)).getBytes(StandardCharsets.UTF_8));
  }

  /** Unlocks the folder. */
  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
    }
  }

  boolean isLocked() {
    return lock != null;
  }
}
